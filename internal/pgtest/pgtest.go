// Package pgtest gives tests real Postgres databases: a private cluster a test
// binary, a fresh migrated database a test.
package pgtest

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/db"
	"github.com/skaldhq/skald/internal/devstack/pgcluster"
)

// Cluster is the cluster of one test binary. Declare one as a variable and run
// the tests through it:
//
//	var cluster pgtest.Cluster
//
//	func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }
type Cluster struct {
	server *pgcluster.Cluster

	mu        sync.Mutex
	templates map[string]bool
	next      atomic.Int64
}

// Run starts the cluster, runs the tests, and leaves nothing behind. It returns
// the exit code.
func (c *Cluster) Run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "skald-pg-")
	if err != nil {
		return fail(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if c.server, err = pgcluster.Start(ctx, pgcluster.Options{Dir: dir}); err != nil {
		return fail(err)
	}
	defer c.server.Stop()
	c.templates = map[string]bool{}
	return m.Run()
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "start Postgres for the tests:", err)
	return 1
}

// Database gives a pool on a fresh database with a service's newest schema,
// dropped when the test ends.
func (c *Cluster) Database(t *testing.T, service string) *pgxpool.Pool {
	t.Helper()
	template := c.template(t, service)
	name := service + "_" + strconv.FormatInt(c.next.Add(1), 10)
	c.admin(t, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", quote(name), quote(template)))
	config, err := pgxpool.ParseConfig(c.server.AdminURL(name))
	require.NoError(t, err)
	config.MaxConns = 32
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() {
		pool.Close()
		c.admin(t, fmt.Sprintf("DROP DATABASE %s WITH (FORCE)", quote(name)))
	})
	return pool
}

// template is the database that a service's are copied from, migrated once.
func (c *Cluster) template(t *testing.T, service string) string {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	name := "template_" + service
	if !c.templates[service] {
		c.admin(t, "CREATE DATABASE "+quote(name))
		_, err := db.Migrate(t.Context(), c.server.AdminURL(name), service)
		require.NoError(t, err)
		c.templates[service] = true
	}
	return name
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

func (c *Cluster) admin(t *testing.T, sql string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // cleanups run after the test's context
	conn, err := pgx.Connect(ctx, c.server.AdminURL("postgres"))
	require.NoError(t, err)
	_, err = conn.Exec(ctx, sql)
	require.NoError(t, err)
	require.NoError(t, conn.Close(ctx))
}

// Deadlocks counts the deadlocks that Postgres has logged so far.
func (c *Cluster) Deadlocks(t *testing.T) int {
	t.Helper()
	log, err := os.ReadFile(c.server.LogFile())
	require.NoError(t, err)
	return strings.Count(string(log), "deadlock detected")
}
