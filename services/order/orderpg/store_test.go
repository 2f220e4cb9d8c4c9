package orderpg_test

import (
	"context"
	"os"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/pgtest"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/order/orderpg"
	"github.com/skaldhq/skald/services/order/ordertest"
)

var cluster pgtest.Cluster

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

func TestStore(t *testing.T) {
	t.Parallel()
	suite(t, inProcess)
}

// TestAcrossTheNetwork: nobody can tell a service from its client.
func TestAcrossTheNetwork(t *testing.T) {
	t.Parallel()
	suite(t, acrossNetwork)
}

// suite holds the service to its contract, however it is reached.
func suite(t *testing.T, reach func(*testing.T, order.Service) order.Service) {
	t.Helper()
	ordertest.Run(t, func(t *testing.T) order.Service {
		pool := cluster.Database(t, "order")
		t.Cleanup(func() { outboxIsWhole(t, pool) })
		return reach(t, orderpg.New(pool))
	})
}

// outboxIsWhole: one event for each version of each order, without a gap, and
// the last of them tells the order's status.
func outboxIsWhole(t *testing.T, pool *pgxpool.Pool) {
	var wrong int
	err := pool.QueryRow(context.Background(), `
		SELECT count(*) FROM orders o
		WHERE (SELECT array_agg(version ORDER BY version) FROM outbox WHERE aggregate_id = o.id)
				IS DISTINCT FROM (SELECT array_agg(v) FROM generate_series(1, o.version) v)
			OR o.status IS DISTINCT FROM (SELECT payload->>'status' FROM outbox WHERE aggregate_id = o.id AND version = o.version)`).Scan(&wrong)
	require.NoError(t, err)
	require.Zero(t, wrong)

	err = pool.QueryRow(context.Background(), `
		SELECT count(*) FROM order_refunds r
		WHERE (SELECT array_agg(version ORDER BY version) FROM outbox WHERE aggregate_id = r.id)
				IS DISTINCT FROM (SELECT array_agg(v) FROM generate_series(1, r.version) v)
			OR r.status IS DISTINCT FROM (SELECT payload->>'status' FROM outbox WHERE aggregate_id = r.id AND version = r.version)
			OR r.amount <> (SELECT coalesce(sum(amount), 0) FROM order_refund_lines l WHERE l.refund_id = r.id)`).Scan(&wrong)
	require.NoError(t, err)
	require.Zero(t, wrong, "refunds that are not what their events and lines say")

	err = pool.QueryRow(context.Background(), `
		SELECT count(*) FROM orders o WHERE o.refunded_amount <>
				(SELECT coalesce(sum(amount), 0) FROM order_refunds r WHERE r.order_id = o.id AND r.status <> 'refused')
			OR EXISTS (SELECT FROM order_items i WHERE i.order_id = o.id AND ARRAY[i.refunded_quantity, i.refunded_amount] IS DISTINCT FROM
				(SELECT ARRAY[coalesce(sum(l.quantity), 0)::bigint, coalesce(sum(l.amount), 0)::bigint] FROM order_refund_lines l JOIN order_refunds r ON r.id = l.refund_id
				 WHERE r.status <> 'refused' AND l.order_id = i.order_id AND l.position = i.position))`).Scan(&wrong)
	require.NoError(t, err)
	require.Zero(t, wrong, "orders that are not the sums of their refunds")
}

// TestNoAnswer: of a statement that reached Postgres and got no answer nobody
// knows the end; one that never reached it did nothing.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "order")
	s := orderpg.New(pool)
	r := ordertest.Request()
	r.Key = "blocked"

	tx, err := pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "LOCK TABLE idempotency_keys")
	require.NoError(t, err)
	waiting, cancel := context.WithCancel(t.Context())
	answer := make(chan error, 1)
	go func() {
		_, _, err := s.Create(waiting, r)
		answer <- err
	}()
	require.NoError(t, blocked(t, pool))
	cancel()
	require.Equal(t, fault.Unknown, fault.KindOf(<-answer))

	require.NoError(t, tx.Rollback(t.Context()))
	o, _, err := s.Create(t.Context(), r)
	require.NoError(t, err, "the same key finds out")
	require.Equal(t, order.Pending, o.Status)

	nowhere, err := pgxpool.New(t.Context(), "postgres://nobody@127.0.0.1:1/none")
	require.NoError(t, err)
	defer nowhere.Close()
	away := orderpg.New(nowhere)
	_, _, err = away.Create(t.Context(), r)
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	_, err = away.Get(t.Context(), o.ID)
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	require.Equal(t, fault.Unavailable, fault.KindOf(away.Ready(t.Context())))
}
