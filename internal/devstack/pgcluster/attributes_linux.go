package pgcluster

import (
	"os"
	"path/filepath"
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
		a.Credential = &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.gid)} //nolint:gosec // a user id
	}
	return a
}

// handed is the path by which a program reaches its i-th extra file.
func handed(i int, _ string) string { return "/proc/self/fd/" + strconv.Itoa(3+i) }

// processes are Postgres's that work in a directory, where they all change to.
func processes(dir string, _ int) []int {
	if resolved, err := filepath.EvalSymlinks(dir); err == nil {
		dir = resolved
	}
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	var pids []int
	for _, link := range links {
		if cwd, err := os.Readlink(link); err != nil || cwd != dir {
			continue
		}
		process := filepath.Dir(link)
		name, err := os.ReadFile(filepath.Join(process, "comm")) //nolint:gosec // of /proc
		if err != nil || strings.TrimSpace(string(name)) != "postgres" {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(process)); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}
