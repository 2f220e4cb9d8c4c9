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
	"github.com/skaldhq/skald/db"
	"github.com/skaldhq/skald/internal/config"
)

// processInfo is what stack.json tells of a process beside this one.
type processInfo struct {
	Name string `json:"name"`
	PID  int    `json:"pid"`
	URL  string `json:"url"`
	// Command starts it again, as it was.
	Command []string `json:"command"`
}

const gateway = "gateway"

// startSplit runs the front door and each service as a process of its own, with
// as many of a service as were asked for.
func (s *devStack) startSplit(ctx context.Context, c config.Config) error {
	if err := s.prepareOnly(ctx, c); err != nil {
		return err
	}
	var services []string
	for _, name := range db.Services() {
		var urls []string
		for n := range max(1, s.options.Replicas[name]) {
			addr, process := platform.ServiceAddr(name), name
			if n > 0 {
				addr, process = "127.0.0.1:0", fmt.Sprintf("%s-%d", name, n+1)
			}
			url, err := s.startProcess(ctx, process, addr, "service", name)
			if err != nil {
				return err
			}
			urls = append(urls, url)
		}
		services = append(services, name+"="+strings.Join(urls, " "))
	}
	s.info.Environment["SKALD_SERVICES"] = strings.Join(services, ";")
	_, err := s.startProcess(ctx, gateway, s.options.Addr, gateway)
	return err
}

// startProcess starts a process and waits until it is alive.
func (s *devStack) startProcess(ctx context.Context, name, addr string, role ...string) (url string, err error) {
	addr, err = fixed(ctx, addr)
	if err != nil {
		return "", err
	}
	env := filepath.Join(s.options.Data, "processes", name+".env")
	if err := writeEnvironment(env, s.info.Environment); err != nil {
		return "", err
	}
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	command := append([]string{self, processCommand, "--env-file", env, "--addr", addr}, role...)
	log, err := os.OpenFile(filepath.Join(s.options.Data, name+".log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // the operator's own directory
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), command[0], command[1:]...) //nolint:gosec // it is this very program
	cmd.Stderr, cmd.SysProcAttr = log, attributes()
	if err := cmd.Start(); err != nil {
		return "", errors.Join(err, log.Close())
	}
	ended := make(chan error, 1)
	go func() { ended <- errors.Join(cmd.Wait(), log.Close()) }()
	stopping := make(chan struct{})
	s.onStop(func() {
		close(stopping)
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
	})
	url = "http://" + addr
	if err := s.alive(ctx, name, url, ended); err != nil {
		return "", err
	}
	go func() {
		err := <-ended
		ended <- err
		select {
		case <-stopping:
		default:
			_, _ = fmt.Fprintf(s.out, "\n%s (process %d) has ended: %v; start it again with\n  %s\n", name, cmd.Process.Pid, err, strings.Join(command, " "))
		}
	}()
	s.info.Processes = append(s.info.Processes, processInfo{Name: name, PID: cmd.Process.Pid, URL: url, Command: command})
	return url, nil
}

// alive waits until a process answers that it is.
func (s *devStack) alive(ctx context.Context, name, url string, ended chan error) error {
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/health", nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			return response.Body.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", name, ctx.Err())
		case err := <-ended:
			ended <- err
			return fmt.Errorf("%s ended (%w): see %s", name, err, filepath.Join(s.options.Data, name+".log"))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// fixed picks a free port where none is named.
func fixed(ctx context.Context, addr string) (string, error) {
	if !strings.HasSuffix(addr, ":0") {
		return addr, nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// writeEnvironment keeps what a process needs, for its owner only.
func writeEnvironment(path string, env map[string]string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return writeJSON(path, env)
}

// processCommand is the first argument of a process that startProcess starts.
const processCommand = "process"

// runProcess runs one role of the platform, which the arguments tell after the
// file of its environment.
func runProcess(ctx context.Context, args []string) error {
	if len(args) < 2 || args[0] != "--env-file" {
		return errors.New("usage: dev process --env-file FILE …")
	}
	raw, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	var env map[string]string
	if err := json.Unmarshal(raw, &env); err != nil {
		return fmt.Errorf("read %s: %w", args[1], err)
	}
	for name, value := range env {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return platform.Run(ctx, args[2:], slog.New(slog.NewJSONHandler(os.Stderr, nil)))
}
