package stack

import "syscall"

// Attributes are those of a process: a group of its own, and its end with the
// thread that starts it, which has to stay locked.
func Attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
