//go:build !linux

package main

import "syscall"

// attributes keep a terminal's Ctrl-C from a process: this one ends it.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
