package pgcluster_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/devstack/pgcluster"
)

func pidFile(dir string) string { return filepath.Join(dir, "pg", "data", "postmaster.pid") }

func postmaster(t *testing.T, dir string) int {
	t.Helper()
	raw, err := os.ReadFile(pidFile(dir))
	require.NoError(t, err)
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(first)
	require.NoError(t, err)
	return pid
}

// TestDataSurvives: however a cluster ended, the next start finds the data, at
// the same URL where the port is free.
func TestDataSurvives(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		end     func(t *testing.T, c *pgcluster.Cluster, dir string)
		sameURL bool
	}{
		"stopped":                {end: func(_ *testing.T, c *pgcluster.Cluster, _ string) { c.Stop() }, sameURL: true},
		"left running":           {end: func(*testing.T, *pgcluster.Cluster, string) {}, sameURL: true},
		"killed":                 {end: func(t *testing.T, _ *pgcluster.Cluster, dir string) { killServer(t, dir) }},
		"killed in a long query": {end: killWithOrphan},
		"stale pid of another":   {end: leaveForeignPid, sameURL: true},
		"interrupted in its birth": {end: func(t *testing.T, c *pgcluster.Cluster, dir string) {
			t.Helper()
			c.Stop()
			unborn := filepath.Join(dir, "again")
			require.NoError(t, os.MkdirAll(filepath.Join(unborn, "pg", "data", "base"), 0o700))
			start(t, unborn)
		}, sameURL: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			first := start(t, dir)
			before, err := first.Provision(t.Context(), "user")
			require.NoError(t, err)
			execute(t, before, "CREATE TABLE t AS SELECT 1 AS a")
			tt.end(t, first, dir)
			after, err := start(t, dir).Provision(t.Context(), "user")
			require.NoError(t, err)
			require.Equal(t, "1", query(t, after, "SELECT a::text FROM t"))
			if tt.sameURL {
				require.Equal(t, before, after)
			}
		})
	}
}

func killServer(t *testing.T, dir string) {
	t.Helper()
	require.NoError(t, syscall.Kill(postmaster(t, dir), syscall.SIGKILL))
}

// killWithOrphan kills the server while a query runs that does not look whether
// its server lives: it keeps the shared memory, which bars a new server.
func killWithOrphan(t *testing.T, c *pgcluster.Cluster, dir string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), c.AdminURL("postgres"))
	require.NoError(t, err)
	go func() { _, _ = conn.Exec(t.Context(), "DO $$ BEGIN LOOP END LOOP; END $$") }()
	require.Eventually(t, func() bool {
		return query(t, c.AdminURL("postgres"), "SELECT count(*)::text FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DO %'") == "1"
	}, 10*time.Second, 20*time.Millisecond)
	killServer(t, dir)
}

// leaveForeignPid leaves a pid file that names a server of another directory,
// as a reboot can. That server has to live.
func leaveForeignPid(t *testing.T, c *pgcluster.Cluster, dir string) {
	t.Helper()
	elsewhere := t.TempDir()
	other := start(t, elsewhere)
	raw, err := os.ReadFile(pidFile(dir))
	require.NoError(t, err)
	c.Stop()
	_, rest, _ := strings.Cut(string(raw), "\n")
	require.NoError(t, os.WriteFile(pidFile(dir), []byte(strconv.Itoa(postmaster(t, elsewhere))+"\n"+rest), 0o600))
	t.Cleanup(func() { require.NoError(t, syscall.Kill(postmaster(t, elsewhere), 0)) }) // before other's own
	require.Equal(t, "1", query(t, other.AdminURL("postgres"), "SELECT '1'"))
}

// TestParentKilled: the server goes with a parent that had no time to stop it.
func TestParentKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	parent := exec.Command(os.Args[0], "-test.run=^TestParent$")
	parent.Env = append(os.Environ(), parentDir+"="+dir)
	out, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	pid := postmaster(t, dir)
	require.NoError(t, parent.Process.Kill())
	_ = parent.Wait()
	if isLinux {
		require.Eventually(t, func() bool { return syscall.Kill(pid, 0) != nil }, 10*time.Second, 20*time.Millisecond)
	}
	url, err := start(t, dir).Provision(t.Context(), "user")
	require.NoError(t, err)
	require.Equal(t, strings.TrimSpace(line), url)
	require.Equal(t, "1", query(t, url, "SELECT a::text FROM t"))
}

const (
	parentDir = "PGCLUSTER_TEST_PARENT"
	isLinux   = runtime.GOOS == "linux"
)

// TestParent is the parent of TestParentKilled, in a process of its own.
func TestParent(t *testing.T) {
	t.Parallel()
	dir := os.Getenv(parentDir)
	if dir == "" {
		t.Skip("a part of TestParentKilled")
	}
	c := start(t, dir)
	url, err := c.Provision(t.Context(), "user")
	require.NoError(t, err)
	execute(t, url, "CREATE TABLE t AS SELECT 1 AS a")
	_, _ = os.Stdout.WriteString(url + "\n")
	select {}
}
