package pgcluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stopLeftover stops what a killed parent left behind: a server that still
// runs, or the children of one that was killed too, which hold its memory and
// bar the next start. A pid file that outlived its server goes as well: its
// number may be another process's by now, and Postgres would wait for that one.
func (c *Cluster) stopLeftover(ctx context.Context) error {
	pidFile := filepath.Join(c.dataDir(), "postmaster.pid")
	asked := 0
	for {
		left := processes(c.dataDir(), pidInFile(pidFile))
		if len(left) == 0 {
			break
		}
		if master := pidInFile(pidFile); slices.Contains(left, master) {
			if asked != master {
				_ = syscall.Kill(master, syscall.SIGINT) // fast shutdown
				asked = master
			}
		} else {
			for _, pid := range left {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the Postgres that still runs in %s (process %d) did not stop: stop it by hand", c.dataDir(), left[0])
		case <-time.After(20 * time.Millisecond):
		}
	}
	if err := os.Remove(pidFile); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// pidInFile is the process that a pid file names; 0 where there is none.
func pidInFile(path string) int {
	raw, err := os.ReadFile(path) //nolint:gosec // the operator's own directory
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 0 {
		return 0
	}
	return pid
}
