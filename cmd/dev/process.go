package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/skaldhq/skald/cmd/internal/platform"
	"github.com/skaldhq/skald/internal/telemetry"
)

// processInfo is what stack.json tells of a process beside this one.
type processInfo struct {
	Name string `json:"name"`
	PID  int    `json:"pid"`
	URL  string `json:"url"`
	// Command starts it again, as it was.
	Command []string `json:"command"`
}

// child is a process beside this one.
type child struct {
	processInfo

	process *os.Process
	ended   chan struct{} // closed once it has
	err     error         // how, from then on
}

// startProcess starts a process and waits until it is alive.
func (s *devStack) startProcess(ctx context.Context, name, addr string, env map[string]string, role ...string) (url string, err error) {
	if addr, err = fixed(ctx, addr); err != nil {
		return "", err
	}
	c, err := s.spawn(name, addr, env, role...)
	if err != nil {
		return "", fmt.Errorf("start %s: %w", name, err)
	}
	stopping := make(chan struct{})
	s.onStop(func() {
		close(stopping)
		c.stop()
	})
	if err := s.alive(ctx, c); err != nil {
		return "", err
	}
	go func() {
		select {
		case <-stopping:
		case <-c.ended:
			_, _ = fmt.Fprintf(s.out, "\n%s (process %d) has ended: %v; start it again with\n  %s\n", name, c.PID, c.err, strings.Join(c.Command, " "))
		}
	}()
	s.info.Processes = append(s.info.Processes, c.processInfo)
	return c.URL, nil
}

// stop ends the process, gently at first.
func (c *child) stop() {
	for _, how := range []os.Signal{syscall.SIGTERM, os.Kill} {
		_ = c.process.Signal(how) // it may have ended
		select {
		case <-c.ended:
			return
		case <-time.After(stopTimeout):
		}
	}
}

// stopTimeout is what a process has to finish what it does.
const stopTimeout = 20 * time.Second

// spawn starts this very program in the role, with its log in a file of its name.
func (s *devStack) spawn(name, addr string, env map[string]string, role ...string) (*child, error) {
	file := filepath.Join(s.options.Data, "processes", name+".json")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, err
	}
	if err := writeJSON(file, env); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(s.options.Data, name+".log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // the operator's own directory
	if err != nil {
		return nil, err
	}
	c := &child{ended: make(chan struct{}), processInfo: processInfo{
		Name: name, URL: "http://" + addr, Command: append([]string{self, processCommand, file, "--addr", addr}, role...),
	}}
	cmd := exec.Command(c.Command[0], c.Command[1:]...) //nolint:gosec,noctx // it is this very program, and ends with this one: see untilAlone
	cmd.Env = inherited()
	cmd.Stderr, cmd.SysProcAttr = log, &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	c.process, c.PID = cmd.Process, cmd.Process.Pid
	go func() {
		c.err = errors.Join(cmd.Wait(), log.Close())
		close(c.ended)
	}()
	return c, nil
}

// inherited is what a process has of this one's environment: nothing that
// configures the platform.
func inherited() (env []string) {
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "GOGC", "GOMEMLIMIT"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// alive waits until a process answers that it is.
func (s *devStack) alive(ctx context.Context, c *child) error {
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL+"/health", nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			return response.Body.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", c.Name, ctx.Err())
		case <-c.ended:
			return fmt.Errorf("%s ended (%w): see %s", c.Name, c.err, filepath.Join(s.options.Data, c.Name+".log"))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// fixed makes sure that a process can listen at an address, and picks a free port
// where none is named.
func fixed(ctx context.Context, addr string) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return "", fmt.Errorf("the address %s is not free: end what listens there: %w", addr, err)
	}
	return l.Addr().String(), l.Close()
}

// processCommand is the first argument of a process that spawn starts.
const processCommand = "process"

// runProcess runs one role of the platform, which the arguments tell after the
// file of its environment.
func runProcess(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("usage: dev process FILE …")
	}
	raw, err := os.ReadFile(args[0]) //nolint:gosec // as spawn wrote it
	if err != nil {
		return err
	}
	var env map[string]string
	if err := json.Unmarshal(raw, &env); err != nil {
		return fmt.Errorf("read %s: %w", args[0], err)
	}
	for name, value := range env {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	go untilAlone(ctx, filepath.Join(filepath.Dir(args[0]), "..", "lock"), end)
	return platform.Run(ctx, args[1:], telemetry.NewLog(os.Stderr, telemetry.LogJSON, slog.LevelInfo))
}

// untilAlone ends the process once the dev command that holds the lock has ended,
// however it did, and whoever started this one.
func untilAlone(ctx context.Context, path string, end func()) {
	for ctx.Err() == nil {
		if unlock, err := lock(path); err == nil {
			unlock()
			end()
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}
