package pgcluster_test

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/internal/devstack/pgcluster"
)

// start runs a cluster below a directory that only its owner may enter.
func start(t *testing.T, dir string) *pgcluster.Cluster {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o700))
	require.NoError(t, os.Chmod(dir, 0o700)) //nolint:gosec // a directory
	c, err := pgcluster.Start(t.Context(), pgcluster.Options{Dir: filepath.Join(dir, "pg"), Fsync: true})
	require.NoError(t, err)
	t.Cleanup(c.Stop)
	return c
}

func query(t *testing.T, url, sql string, args ...any) (value string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	require.NoError(t, conn.QueryRow(t.Context(), sql, args...).Scan(&value))
	return value
}

func execute(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), sql)
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
}

// requireShutOut checks that a role cannot connect to a database.
func requireShutOut(t *testing.T, roleURL, database string) {
	t.Helper()
	u, err := url.Parse(roleURL)
	require.NoError(t, err)
	u.Path = "/" + database
	_, err = pgx.Connect(t.Context(), u.String())
	require.ErrorContains(t, err, "permission denied for database")
}

func TestRoleReachesOnlyItsOwnDatabase(t *testing.T) {
	t.Parallel()
	c := start(t, t.TempDir())
	names := []string{"user", "order", "payment"} // two of them are reserved words of SQL
	urls := make([]string, len(names))
	var group errgroup.Group
	for i, name := range names {
		group.Go(func() (err error) {
			urls[i], err = c.Provision(t.Context(), name)
			return err
		})
	}
	require.NoError(t, group.Wait())
	for i, name := range names {
		again, err := c.Provision(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, urls[i], again)
		require.Equal(t, name, query(t, urls[i], "SELECT current_user::text"))
		require.Equal(t, "false", query(t, urls[i], "SELECT (rolsuper OR rolcreatedb OR rolcreaterole)::text FROM pg_roles WHERE rolname = current_user"))
		execute(t, urls[i], "CREATE TABLE mine (a int)")
		for _, other := range append(names, "postgres", "template1") {
			if other != name {
				requireShutOut(t, urls[i], other)
			}
		}
	}
}

func TestEveryRoleNeedsItsPassword(t *testing.T) {
	t.Parallel()
	c := start(t, t.TempDir())
	service, err := c.Provision(t.Context(), "user")
	require.NoError(t, err)
	for _, given := range []string{service, c.AdminURL("postgres")} {
		u, err := url.Parse(given)
		require.NoError(t, err)
		u.User = url.UserPassword(u.User.Username(), "wrong")
		_, err = pgx.Connect(t.Context(), u.String())
		require.ErrorContains(t, err, "password authentication failed")
	}
}

func TestGivenServer(t *testing.T) {
	t.Parallel()
	own := start(t, t.TempDir())
	dir := t.TempDir()
	given, err := pgcluster.Start(t.Context(), pgcluster.Options{Dir: dir, ServerURL: own.AdminURL("postgres")})
	require.NoError(t, err)
	user, err := given.Provision(t.Context(), "user")
	require.NoError(t, err)
	_, err = given.Provision(t.Context(), "order")
	require.NoError(t, err)
	require.Equal(t, "user", query(t, user, "SELECT current_database()::text"))
	requireShutOut(t, user, "order")
	given.Stop()
	require.Equal(t, "1", query(t, user, "SELECT '1'")) // whoever runs it stops it

	for _, bad := range []string{"localhost:5432", "postgres://u:p@127.0.0.1:1/postgres"} {
		_, err = pgcluster.Start(t.Context(), pgcluster.Options{Dir: dir, ServerURL: bad})
		require.Error(t, err)
		require.NotContains(t, err.Error(), "u:p")
	}
}
