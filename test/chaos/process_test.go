package chaos_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/skaldhq/skald/test/stack"
)

// process is a process of the platform that is started again when it ends.
type process struct {
	name string
	make func() *exec.Cmd

	mu      sync.Mutex
	pid     int // 0: it does not run
	frozen  bool
	starts  int
	crashed []string
	ending  bool
	stopped chan struct{}
}

// crashCode is the exit of a Go program that panics or meets a fatal error. One
// that cannot start, as without its database, exits with 1.
const crashCode = 2

// restartPause is how long a supervisor takes to notice.
const restartPause = 300 * time.Millisecond

// supervise runs a process, with its output appended to a file, until stop.
func supervise(name, dir, binary string, env []string, args ...string) *process {
	p := &process{name: name, stopped: make(chan struct{})}
	p.make = func() *exec.Cmd {
		cmd := exec.Command(binary, args...)
		cmd.Env = append(os.Environ(), env...)
		cmd.SysProcAttr = stack.Attributes()
		return cmd
	}
	go func() {
		runtime.LockOSThread() // see stack.Attributes
		defer runtime.UnlockOSThread()
		defer close(p.stopped)
		for p.once(filepath.Join(dir, name+".log")) {
			time.Sleep(restartPause)
		}
	}()
	return p
}

// once runs the process until it ends, and tells whether it is to be again.
func (p *process) once(log string) bool {
	out, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return false
	}
	defer func() { _ = out.Close() }()
	cmd := p.make()
	cmd.Stdout, cmd.Stderr = out, out
	p.mu.Lock()
	if p.ending || cmd.Start() != nil {
		p.mu.Unlock()
		return false
	}
	p.pid = cmd.Process.Pid
	p.starts++
	p.mu.Unlock()
	_ = cmd.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pid, p.frozen = 0, false
	if cmd.ProcessState.ExitCode() == crashCode {
		p.crashed = append(p.crashed, fmt.Sprintf("%s: %s\n%s", p.name, cmd.ProcessState, end(log)))
	}
	return !p.ending
}

// end is the end of what a process said, long enough for a panic's.
func end(log string) string {
	size, err := logSize(log)
	if err != nil {
		return err.Error()
	}
	said, err := since(log, max(0, size-8000))
	if err != nil {
		return err.Error()
	}
	return string(said)
}

func logSize(log string) (int64, error) {
	info, err := os.Stat(log)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// since is what was appended to a log since it had a size.
func since(log string, size int64) ([]byte, error) {
	file, err := os.Open(log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	if _, err := file.Seek(size, io.SeekStart); err != nil {
		return nil, err
	}
	return io.ReadAll(file)
}

// kill tells whether there was a process to kill.
func (p *process) kill() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pid != 0 && syscall.Kill(p.pid, syscall.SIGKILL) == nil
}

// freeze stops the process, and gives its id; not ok: none runs, or it is frozen.
func (p *process) freeze() (pid int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pid == 0 || p.frozen || syscall.Kill(p.pid, syscall.SIGSTOP) != nil {
		return 0, false
	}
	p.frozen = true
	return p.pid, true
}

// thaw has the process that was frozen go on, and tells whether it was still there.
func (p *process) thaw(pid int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pid != pid {
		return false
	}
	p.frozen = false
	return syscall.Kill(pid, syscall.SIGCONT) == nil
}

// crashes are its ends by a panic or a fatal error, with what it said.
func (p *process) crashes() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.crashed)
}

// restarts is how often it was started again.
func (p *process) restarts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, p.starts-1)
}

// stop ends the process for good.
func (p *process) stop() {
	p.mu.Lock()
	p.ending = true
	if p.pid != 0 {
		_ = syscall.Kill(p.pid, syscall.SIGKILL)
	}
	p.mu.Unlock()
	<-p.stopped
}
