package pgcluster_test

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/devstack/pgcluster"
)

// start runs a cluster below a directory that only its owner may enter.
func start(t *testing.T, dir string) *pgcluster.Cluster {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o700))
	c, err := pgcluster.Start(t.Context(), pgcluster.Options{Dir: filepath.Join(dir, "pg"), Fsync: true})
	require.NoError(t, err)
	t.Cleanup(c.Stop)
	return c
}

func exec1(t *testing.T, url, sql string, args ...any) (value string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	require.NoError(t, conn.QueryRow(t.Context(), sql, args...).Scan(&value))
	return value
}

func TestRoleReachesOnlyItsOwnDatabase(t *testing.T) {
	t.Parallel()
	c := start(t, t.TempDir())
	services := map[string]string{}
	for _, name := range []string{"user", "order"} {
		var err error
		services[name], err = c.Provision(t.Context(), name)
		require.NoError(t, err)
		again, err := c.Provision(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, services[name], again)
	}
	require.Equal(t, "user", exec1(t, services["user"], "SELECT current_user::text"))
	for _, other := range []string{"order", "postgres", "template1"} {
		u, err := url.Parse(services["user"])
		require.NoError(t, err)
		u.Path = "/" + other
		_, err = pgx.Connect(t.Context(), u.String())
		require.ErrorContains(t, err, "permission denied for database")
	}
}

// TestDataSurvives: a parent that was killed leaves a server that still runs,
// or one that was killed too. Either way the next start finds the data.
func TestDataSurvives(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"left running", "kill -9"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			first := start(t, dir)
			url, err := first.Provision(t.Context(), "user")
			require.NoError(t, err)
			conn, err := pgx.Connect(t.Context(), url)
			require.NoError(t, err)
			_, err = conn.Exec(t.Context(), "CREATE TABLE t AS SELECT 1 AS a")
			require.NoError(t, err)
			if how == "kill -9" {
				raw, err := os.ReadFile(filepath.Join(dir, "pg", "data", "postmaster.pid"))
				require.NoError(t, err)
				pid, _, _ := strings.Cut(string(raw), "\n")
				require.NoError(t, exec.Command("kill", "-9", pid).Run())
			}
			url, err = start(t, dir).Provision(t.Context(), "user")
			require.NoError(t, err)
			require.Equal(t, "1", exec1(t, url, "SELECT a::text FROM t"))
		})
	}
}
