// Package stack runs the whole platform as a user would, with the dev command
// in a process of its own, for tests and benchmarks. It imports no product
// package: it knows the command, its flags and its stack.json.
package stack

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Info is what stack.json tells.
type Info struct {
	FrontDoor  string            `json:"front_door"`
	Temporal   string            `json:"temporal"`
	TemporalUI string            `json:"temporal_ui"`
	PSP        string            `json:"psp"`
	Kafka      string            `json:"kafka"`
	SMTP       string            `json:"smtp"`
	Codec      string            `json:"codec"`
	Databases  map[string]string `json:"databases"`
	APIKeys    map[string]string `json:"api_keys"`
	Users      map[string]string `json:"users"`
	// Processes are those beside the command, where --split was given.
	Processes []Process `json:"processes"`
	// Environment is that of skald processes, where --infra-only was given.
	Environment map[string]string `json:"environment"`
}

// Process is one of the platform, beside the dev command.
type Process struct {
	Name    string   `json:"name"`
	PID     int      `json:"pid"`
	URL     string   `json:"url"`
	Command []string `json:"command"`
}

// Process finds a process by its name.
func (i Info) Process(name string) Process {
	for _, p := range i.Processes {
		if p.Name == name {
			return p
		}
	}
	return Process{}
}

// Build compiles the dev command into dir.
func Build(ctx context.Context, dir string) (string, error) {
	return build(ctx, filepath.Join(dir, "skald-dev"), "cmd/dev")
}

// BuildSkald compiles the production binary, with more flags of go build, into a
// file.
func BuildSkald(ctx context.Context, binary string, flags ...string) (string, error) {
	return build(ctx, binary, "cmd/skald", flags...)
}

func build(ctx context.Context, binary, command string, flags ...string) (string, error) {
	args := append(append([]string{"build", "-o", binary}, flags...), "github.com/skaldhq/skald/"+command)
	if out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w: %s", command, err, out)
	}
	return binary, nil
}

// Stack is a running platform.
type Stack struct {
	Info
	Data string

	cmd    *exec.Cmd
	output *strings.Builder
	exited chan struct{} // closed once the command has ended
	ended  error         // how it ended, from then on
}

// Start runs the dev command on free ports with its state in data, and waits
// until it says that it is ready.
func Start(ctx context.Context, binary, data string, args ...string) (*Stack, error) {
	free := []string{
		"--data", data, "--addr", "127.0.0.1:0", "--temporal-addr", "127.0.0.1:0",
		"--ui-addr", "127.0.0.1:0", "--psp-addr", "127.0.0.1:0",
	}
	cmd := exec.Command(binary, append(free, args...)...) //nolint:noctx // ended by Stop or Kill
	cmd.SysProcAttr = Attributes()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s := &Stack{Data: data, cmd: cmd, output: &strings.Builder{}, exited: make(chan struct{})}
	cmd.Stderr = cmd.Stdout
	ready, started := make(chan struct{}), make(chan error)
	go func() {
		runtime.LockOSThread() // see Attributes
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if started <- err; err != nil {
			return
		}
		s.read(stdout, ready)
		s.ended = cmd.Wait()
		close(s.exited)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start cmd/dev: %w", err)
	}
	select {
	case <-ready:
	case <-s.exited:
		return nil, fmt.Errorf("cmd/dev ended before it was ready: %w\n%s", errors.Join(s.ended, errors.New("exit")), s.told())
	case <-ctx.Done():
		s.Kill()
		return nil, fmt.Errorf("cmd/dev was not ready in time\n%s", s.told())
	}
	raw, err := os.ReadFile(filepath.Join(data, "stack.json"))
	if err != nil {
		s.Kill()
		return nil, fmt.Errorf("read stack.json: %w", err)
	}
	if err := json.Unmarshal(raw, &s.Info); err != nil {
		s.Kill()
		return nil, fmt.Errorf("parse stack.json: %w", err)
	}
	return s, nil
}

// read follows the command's output, closing ready at the line that says so.
func (s *Stack) read(r io.Reader, ready chan struct{}) {
	told := false
	for lines := bufio.NewScanner(r); lines.Scan(); {
		line := lines.Text()
		if !told {
			s.output.WriteString(line + "\n")
		}
		if strings.TrimSpace(line) == "ready" && !told {
			told = true
			close(ready)
		}
	}
}

// told is what the command said, and the last lines of the logs of what it runs: a
// part that ends the process says why nowhere else, and where in the code after that.
func (s *Stack) told() string {
	said := s.output.String()
	for _, log := range []string{"temporal/temporal.log", "postgres/postgres.log"} {
		raw, _ := os.ReadFile(filepath.Join(s.Data, log))
		said += "\n" + log + ":\n"
		lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
		for _, line := range lines[max(0, len(lines)-5):] {
			said += line[:min(len(line), 500)] + "\n"
		}
	}
	return said
}

// Stop ends the platform as Ctrl-C does, and gives the error of its exit.
func (s *Stack) Stop() error {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	select {
	case <-s.exited:
		return s.ended
	case <-time.After(time.Minute):
		s.Kill()
		return errors.New("cmd/dev did not stop within a minute")
	}
}

// Kill ends every process of the platform with SIGKILL, Postgres's too. One that
// has ended is left alone: its directory may be another's by now.
func (s *Stack) Kill() {
	select {
	case <-s.exited:
		return
	default:
	}
	for _, pid := range s.PostgresPIDs() {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	_ = s.cmd.Process.Kill()
	<-s.exited
}

// PID is the process id of the dev command.
func (s *Stack) PID() int { return s.cmd.Process.Pid }

// PostgresPIDs gives the postmaster and its children, from Linux's /proc.
func (s *Stack) PostgresPIDs() []int {
	matches, _ := filepath.Glob(filepath.Join(s.Data, "*", "postmaster.pid"))
	deeper, _ := filepath.Glob(filepath.Join(s.Data, "*", "*", "postmaster.pid"))
	var pids []int
	for _, file := range append(matches, deeper...) {
		raw, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		first, _, _ := strings.Cut(string(raw), "\n")
		if pid, err := strconv.Atoi(strings.TrimSpace(first)); err == nil {
			pids = append(append(pids, pid), children(pid)...)
		}
	}
	return pids
}

func children(pid int) []int {
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	var pids []int
	for field := range strings.FieldsSeq(string(raw)) {
		if child, err := strconv.Atoi(field); err == nil {
			pids = append(pids, child)
		}
	}
	return pids
}
