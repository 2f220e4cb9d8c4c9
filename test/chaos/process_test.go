package chaos_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
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
	starts  int
	ending  bool
	stopped chan struct{}
}

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
	p.pid = 0
	return !p.ending
}

// signal tells whether there was a process to signal.
func (p *process) signal(s syscall.Signal) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pid != 0 && syscall.Kill(p.pid, s) == nil
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
