package pgcluster

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// attributes puts a program into a group of its own, so that a terminal's
// Ctrl-C does not reach it, ends it when its parent ends, and gives it to the
// owner.
func (o *owner) attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT}
	if o != nil {
		a.Credential = &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.gid)}
	}
	return a
}

// isPostgres tells a server from another process that got its id since.
func isPostgres(pid int) bool {
	name, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
	return err == nil && strings.TrimSpace(string(name)) == "postgres"
}
