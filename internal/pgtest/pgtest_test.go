package pgtest_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/db"
	"github.com/skaldhq/skald/internal/pgtest"
)

var cluster pgtest.Cluster

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

// TestDatabaseIsFreshAndMigrated: each test has its own, whatever another test
// does in a database of the same service.
func TestDatabaseIsFreshAndMigrated(t *testing.T) {
	t.Parallel()
	for _, service := range db.Services() {
		for _, turn := range []string{"first", "second"} {
			t.Run(service+"/"+turn, func(t *testing.T) {
				t.Parallel()
				pool := cluster.Database(t, service)
				var versions int
				require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM goose_db_version WHERE version_id > 0").Scan(&versions))
				require.Positive(t, versions)
				_, err := pool.Exec(t.Context(), "CREATE TABLE only_here ()")
				require.NoError(t, err)
			})
		}
	}
}

// TestDeadlocksAreCounted makes one, so that a test which asserts that there is
// none would see it.
func TestDeadlocksAreCounted(t *testing.T) {
	t.Parallel()
	t.Run("make one", func(t *testing.T) {
		pool := cluster.Database(t, "user")
		_, err := pool.Exec(t.Context(), "CREATE TABLE rows AS SELECT a FROM (VALUES (1), (2)) v (a)")
		require.NoError(t, err)
		require.True(t, deadlock(t, pool))
	})
	assert.Equal(t, 1, cluster.Deadlocks(t))
}

// deadlock has two transactions lock the same rows in opposite orders.
func deadlock(t *testing.T, pool *pgxpool.Pool) bool {
	t.Helper()
	const lock = "SELECT FROM rows WHERE a = $1 FOR UPDATE"
	var transactions [2]pgx.Tx
	for i := range transactions {
		tx, err := pool.Begin(t.Context())
		require.NoError(t, err)
		defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
		_, err = tx.Exec(t.Context(), lock, i+1)
		require.NoError(t, err)
		transactions[i] = tx
	}
	var group errgroup.Group
	for i, tx := range transactions {
		group.Go(func() error {
			_, err := tx.Exec(t.Context(), lock, 2-i)
			return errors.Join(err, tx.Rollback(t.Context()))
		})
	}
	var refused *pgconn.PgError
	return errors.As(group.Wait(), &refused) && refused.Code == "40P01"
}
