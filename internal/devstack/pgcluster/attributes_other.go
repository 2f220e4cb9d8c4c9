//go:build !linux

package pgcluster

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// attributes puts a program into a group of its own, so that a terminal's
// Ctrl-C does not reach it, and gives it to the owner. Only Linux can end it
// with its parent: elsewhere the next start does.
func (o *owner) attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true}
	if o != nil {
		a.Credential = &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.gid)} //nolint:gosec // a user id
	}
	return a
}

// handed is the path by which a program reaches an extra file: its own, for
// only Linux can open a directory by the number of a file.
func handed(_ int, path string) string { return path }

// processes tells whether a process is the server of a directory, by the
// directory in its command line.
func processes(dir string, pid int) []int {
	if pid == 0 {
		return nil
	}
	line, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output() //nolint:gosec,noctx // a number, and it ends at once
	if err != nil || !strings.Contains(string(line), dir) {
		return nil
	}
	return []int{pid}
}
