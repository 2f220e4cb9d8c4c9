//go:build !linux

package stack

import "syscall"

// Attributes are those of a process: a group of its own.
func Attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
