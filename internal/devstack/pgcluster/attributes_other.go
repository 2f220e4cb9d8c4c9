//go:build !linux

package pgcluster

import "syscall"

// attributes puts a program into a group of its own, so that a terminal's
// Ctrl-C does not reach it, and gives it to the owner. Only Linux can end it
// with its parent: elsewhere the next start does.
func (o *owner) attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true}
	if o != nil {
		a.Credential = &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.gid)}
	}
	return a
}

// isPostgres tells whether a process is there.
func isPostgres(pid int) bool { return syscall.Kill(pid, 0) == nil }
