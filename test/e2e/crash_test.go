package e2e_test

import (
	"context"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/test/stack"
)

// TestKillEverything: with orders in flight every process is killed; started
// again, each order ends, and money, stock and orders agree.
func TestKillEverything(t *testing.T) {
	t.Parallel()
	const orders = 300
	data := filepath.Join(t.TempDir(), "data")
	first, err := start(data)
	require.NoError(t, err)
	b := &bench{T: t, Shop: first.NewShop(), stack: first, user: first.Users["alice"]}
	plenty, scarce := b.product(1500, 10*orders), b.product(2500, orders/10)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	accepted := make(chan string, orders)
	var clients errgroup.Group
	clients.SetLimit(48)
	go func() {
		defer close(accepted)
		for i := range orders {
			clients.Go(func() error {
				o := b.order(plenty, 1, []string{visa, visa, visa, declined}[i%4])
				if i%5 == 0 {
					o.Items = append(o.Items, stack.Item{ProductID: scarce, Quantity: 1})
				}
				a, err := b.Place(ctx, o, "Prefer", "respond-async")
				if err == nil && a.Status < 300 {
					accepted <- a.Order.ID
				}
				return nil // what was not answered may be lost
			})
		}
		_ = clients.Wait()
	}()
	var ids []string
	for id := range accepted {
		ids = append(ids, id)
		if len(ids) == orders*2/3 {
			first.Kill()
			cancel()
		}
	}
	require.GreaterOrEqual(t, len(ids), orders*2/3)

	second, err := start(data)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, second.Stop()) })
	require.Equal(t, first.Databases["order"][:20], second.Databases["order"][:20])
	require.Equal(t, first.APIKeys, second.APIKeys)
	b = &bench{T: t, Shop: second.NewShop(), stack: second, user: second.Users["alice"]}
	for _, id := range ids {
		b.do(http.MethodGet, "/v1/orders/"+id, nil, http.StatusOK) // G8: what was accepted is there
	}
	require.Eventually(t, func() bool {
		var open int
		each(t, second, "order", `SELECT FROM orders WHERE status IN ('pending', 'awaiting_payment')
			OR saga_state NOT IN ('completed', 'compensated')`, countInto(&open))
		return open == 0
	}, 2*time.Minute, 200*time.Millisecond)
	requireInvariants(t, second)
	require.Equal(t, "confirmed", b.place(b.order(plenty, 1, visa), http.StatusCreated).Order.Status)
}
