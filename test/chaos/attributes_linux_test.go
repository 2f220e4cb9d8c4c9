package chaos_test

import "syscall"

// attributes of a process: a group of its own, and its end with the test's.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
