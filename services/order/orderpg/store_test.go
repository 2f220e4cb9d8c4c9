package orderpg_test

import (
	"context"
	"os"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/pgtest"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/order/orderpg"
	"github.com/skaldhq/skald/services/order/ordertest"
)

var cluster pgtest.Cluster

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

func TestStore(t *testing.T) {
	t.Parallel()
	ordertest.Run(t, func(t *testing.T) order.Service {
		pool := cluster.Database(t, "order")
		t.Cleanup(func() { outboxIsWhole(t, pool) })
		return orderpg.New(pool)
	})
}

// outboxIsWhole: one event for each version of each order, without a gap.
func outboxIsWhole(t *testing.T, pool *pgxpool.Pool) {
	var wrong int
	err := pool.QueryRow(context.Background(), `
		SELECT count(*) FROM orders o
		WHERE (SELECT array_agg(version ORDER BY version) FROM outbox WHERE aggregate_id = o.id)
			IS DISTINCT FROM (SELECT array_agg(v) FROM generate_series(1, o.version) v)`).Scan(&wrong)
	require.NoError(t, err)
	require.Zero(t, wrong)
}

// TestGuard: the database itself refuses what the service never does.
func TestGuard(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "order")
	s := orderpg.New(pool)
	o, _, err := s.Create(t.Context(), ordertest.Request())
	require.NoError(t, err)
	_, err = s.TransitionOrder(t.Context(), order.Transition{OrderID: o.ID, To: order.Rejected, SagaState: order.SagaCompensated})
	require.NoError(t, err)
	for sql, constraint := range map[string]string{
		"UPDATE orders SET status = 'confirmed', version = version + 1, total_amount = 1, total_currency = 'EUR'": "orders_transition_legal",
		"UPDATE orders SET version = version + 1": "orders_version_without_gap",
		"UPDATE orders SET status = 'lost'":       "orders_transition_legal",
		"UPDATE order_items SET quantity = 0":     "order_items_quantity_positive",
	} {
		_, err := pool.Exec(t.Context(), sql)
		var pgErr *pgconn.PgError
		require.ErrorAs(t, err, &pgErr)
		require.Equal(t, constraint, pgErr.ConstraintName)
	}
}
