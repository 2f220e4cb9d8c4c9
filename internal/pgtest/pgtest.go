// Package pgtest gives tests real Postgres databases: a private cluster a test
// binary, a fresh migrated database a test.
//
// With SKALD_TEST_DATABASE_URL in the environment, the URL of a superuser, the
// databases are made on that server instead.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
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
	run    string // names what is ours on a server that others use too

	mu        sync.Mutex
	templates map[string]bool
	next      atomic.Int64
	deadlocks atomic.Int64 // on a server without a log of ours
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
	if c.server, err = pgcluster.Start(ctx, pgcluster.Options{Dir: dir, ServerURL: os.Getenv("SKALD_TEST_DATABASE_URL")}); err != nil {
		return fail(err)
	}
	defer c.server.Stop()
	c.run, c.templates = uuid.NewString()[:8], map[string]bool{}
	code := m.Run()
	if err := c.dropTemplates(); err != nil {
		return fail(err)
	}
	return code
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "Postgres for the tests:", err)
	return 1
}

// Database gives a pool on a fresh database with a service's newest schema,
// dropped when the test ends.
func (c *Cluster) Database(t *testing.T, service string) *pgxpool.Pool {
	t.Helper()
	template := c.template(t, service)
	name := strings.Join([]string{"test", c.run, service, strconv.FormatInt(c.next.Add(1), 10)}, "_")
	c.admin(t, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", quote(name), quote(template)))
	config, err := pgxpool.ParseConfig(c.server.AdminURL(name))
	require.NoError(t, err)
	config.MaxConns = 32
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() {
		pool.Close()
		c.countDeadlocks(t, name)
		c.admin(t, fmt.Sprintf("DROP DATABASE %s WITH (FORCE)", quote(name)))
	})
	return pool
}

// template is the database that a service's are copied from, migrated once.
func (c *Cluster) template(t *testing.T, service string) string {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	name := c.templateName(service)
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

func (c *Cluster) templateName(service string) string { return "template_" + c.run + "_" + service }

// dropTemplates leaves a server of others as it was. One of our own goes whole.
func (c *Cluster) dropTemplates() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.server.AdminURL("postgres"))
	if err != nil {
		return err
	}
	for service := range c.templates {
		_, failure := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+quote(c.templateName(service))+" WITH (FORCE)")
		err = errors.Join(err, failure)
	}
	return errors.Join(err, conn.Close(ctx))
}

// Deadlocks counts the deadlocks there have been so far; those of a database on
// a given server from when its test is over.
func (c *Cluster) Deadlocks(t *testing.T) int {
	t.Helper()
	if c.server.LogFile() == "" {
		return int(c.deadlocks.Load())
	}
	log, err := os.ReadFile(c.server.LogFile())
	require.NoError(t, err)
	return strings.Count(string(log), "deadlock detected")
}

// countDeadlocks adds up what a server without a log of ours counted in a
// database, which is complete when its last session is gone.
func (c *Cluster) countDeadlocks(t *testing.T, database string) {
	t.Helper()
	if c.server.LogFile() != "" {
		return
	}
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, c.server.AdminURL("postgres"))
	require.NoError(t, err)
	var sessions, deadlocks int64
	require.Eventually(t, func() bool {
		return conn.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = $1`, database).Scan(&sessions) == nil && sessions == 0
	}, 10*time.Second, 10*time.Millisecond)
	require.NoError(t, conn.QueryRow(ctx, `SELECT deadlocks FROM pg_stat_database WHERE datname = $1`, database).Scan(&deadlocks))
	c.deadlocks.Add(deadlocks)
	require.NoError(t, conn.Close(ctx))
}
