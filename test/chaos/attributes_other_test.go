//go:build !linux

package chaos_test

import "syscall"

// attributes of a process: a group of its own.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
