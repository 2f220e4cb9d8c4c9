package inventorypg_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/pgtest"
	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/inventory/inventorypg"
	"github.com/skaldhq/skald/services/inventory/inventorytest"
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
func suite(t *testing.T, reach func(*testing.T, inventory.Service) inventory.Service) {
	t.Helper()
	t.Cleanup(func() { assert.Zero(t, cluster.Deadlocks(t)) })
	inventorytest.Run(t, func(t *testing.T) inventory.Service {
		pool := cluster.Database(t, "inventory")
		t.Cleanup(func() { requireInvariants(t, pool) })
		return reach(t, inventorypg.New(pool))
	})
}

// requireInvariants sums the rows: counters alone can hide an oversell.
func requireInvariants(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	const violations = `
		SELECT count(*)
		FROM stock s
		CROSS JOIN LATERAL (
		    SELECT coalesce(sum(l.quantity) FILTER (WHERE r.state = 'reserved'), 0) AS reserved,
		           coalesce(sum(l.quantity) FILTER (WHERE r.state = 'sold'), 0) AS sold,
		           coalesce(sum(l.returned) FILTER (WHERE r.state = 'sold'), 0) AS counted_back
		    FROM reservation_lines l
		    JOIN reservations r USING (order_id)
		    WHERE l.product_id = s.product_id
		) rows
		CROSS JOIN LATERAL (
		    SELECT coalesce(sum(a.difference), 0) AS total FROM adjustments a WHERE a.product_id = s.product_id
		) adjusted
		CROSS JOIN LATERAL (
		    SELECT coalesce(sum(b.quantity), 0) AS total FROM return_lines b WHERE b.product_id = s.product_id
		) back
		WHERE s.reserved <> rows.reserved OR s.on_hand + rows.sold - back.total <> adjusted.total OR s.on_hand < s.reserved
		   OR rows.counted_back <> back.total`
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // the test's own is over
	defer cancel()
	var n int
	assert.NoError(t, pool.QueryRow(ctx, violations).Scan(&n))
	assert.Zero(t, n, "products whose counters are not the sums of their rows")
	assert.NoError(t, pool.QueryRow(ctx, `
		SELECT count(*) FROM reservations r
		WHERE (state = 'rejected' OR request_hash IS NULL) = EXISTS (SELECT FROM reservation_lines l WHERE l.order_id = r.order_id)`).Scan(&n))
	assert.Zero(t, n, "reservations with lines that should have none, or the other way round")
	assert.NoError(t, pool.QueryRow(ctx, `
		SELECT count(*) FROM reservation_lines l JOIN reservations r USING (order_id)
		WHERE l.returned <> (SELECT coalesce(sum(b.quantity), 0) FROM return_lines b
				WHERE b.order_id = l.order_id AND b.product_id = l.product_id)
			OR l.returned > 0 AND r.state <> 'sold'`).Scan(&n))
	assert.Zero(t, n, "lines that came back and were not counted, or were not sold")
}

func TestUnavailable(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "inventory")
	store := inventorypg.New(pool)
	pool.Close()
	_, err := store.Get(t.Context(), inventory.ProductIDPrefix.New())
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	_, err = store.ReserveStock(t.Context(), inventory.ReserveRequest{
		OrderID: inventory.OrderIDPrefix.New(), TTL: time.Hour,
		Lines: []inventory.Line{{ProductID: inventory.ProductIDPrefix.New(), Quantity: 1}},
	})
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	require.Equal(t, fault.Unavailable, fault.KindOf(store.Ready(t.Context())))
}
