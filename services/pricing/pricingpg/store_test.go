package pricingpg_test

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
	"github.com/skaldhq/skald/services/pricing"
	"github.com/skaldhq/skald/services/pricing/pricingpg"
	"github.com/skaldhq/skald/services/pricing/pricingtest"
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
func suite(t *testing.T, reach func(*testing.T, pricing.Service) pricing.Service) {
	t.Helper()
	pricingtest.Run(t, func(t *testing.T) pricing.Service {
		pool := cluster.Database(t, "pricing")
		t.Cleanup(func() { requireSums(t, pool) })
		return reach(t, pricingpg.New(pool))
	})
}

// requireSums checks that each quote is the sum of its lines, and that none is
// kept without them.
func requireSums(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // the test's own is over
	defer cancel()
	var n int
	assert.NoError(t, pool.QueryRow(ctx, `
		SELECT count(*) FROM quotes q
		WHERE total_amount IS DISTINCT FROM (SELECT sum(amount) FROM quote_lines l WHERE l.order_id = q.order_id)`).Scan(&n))
	assert.Zero(t, n, "quotes that are not the sums of their lines")
}

func TestUnavailable(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "pricing")
	store := pricingpg.New(pool)
	pool.Close()
	_, err := store.Get(t.Context(), pricing.ProductIDPrefix.New())
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	_, err = store.QuoteOrder(t.Context(), pricing.QuoteRequest{
		OrderID: pricing.OrderIDPrefix.New(),
		Items:   []pricing.Item{{ProductID: pricing.ProductIDPrefix.New(), Quantity: 1}},
	})
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	require.Equal(t, fault.Unavailable, fault.KindOf(store.Ready(t.Context())))
}
