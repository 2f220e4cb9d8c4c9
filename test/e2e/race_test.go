package e2e_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

// TestRace: many clients want the last units, some of them on two lines.
func TestRace(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const clients, units = 200, 50
	product := b.Product(100, units)
	answers := make([]stack.Answer, clients)
	var all errgroup.Group
	all.SetLimit(64)
	for i := range clients {
		all.Go(func() (err error) {
			o := b.Basket(product, 1, visa)
			if i%4 == 0 { // the same product on two lines
				o.Items = append(o.Items, o.Items[0])
			}
			answers[i], err = b.Place(context.Background(), o, "Prefer", "wait=10")
			return err
		})
	}
	require.NoError(t, all.Wait())
	var sold int64
	for _, a := range answers {
		require.Contains(t, []int{http.StatusCreated, http.StatusConflict, http.StatusAccepted}, a.Status, "%s", a.Body)
		sold += b.soldTo(a)
	}
	require.EqualValues(t, units, sold, "units of confirmed orders")
	b.RequireStock(stacktest.Stock{}, product)
	id := b.PrivateID(product)
	for state, want := range map[string]int64{"sold": units, "reserved": 0} { // S1, S2: counters alone can hide an oversell
		require.Equal(t, want, b.Number("inventory", `SELECT coalesce(sum(quantity), 0)::bigint
			FROM reservation_lines JOIN reservations USING (order_id) WHERE product_id = $1 AND state = $2`, id, state), state)
	}
	require.EqualValues(t, units, b.Number("inventory", "SELECT sum(difference)::bigint FROM adjustments WHERE product_id = $1", id))
	log, err := os.ReadFile(filepath.Join(b.Stack.Data, "postgres", "postgres.log"))
	require.NoError(t, err)
	require.NotEmpty(t, log)
	require.NotContains(t, string(log), "deadlock detected")
}

// soldTo waits until an order is decided, and gives its units where it was
// confirmed. Any other was refused because there were no more.
func (b *bench) soldTo(a stack.Answer) (units int64) {
	b.Helper()
	o := b.awaitDecided(a.OrderID())
	if o.Status != "confirmed" {
		require.Equal(b, "rejected", o.Status)
		require.Equal(b, "insufficient_stock", o.Failure.Code)
		return 0
	}
	require.NotEqual(b, http.StatusConflict, a.Status, "order %s was refused, and confirmed", o.ID)
	for _, item := range o.Items {
		units += item.Quantity
	}
	return units
}

func (b *bench) awaitDecided(orderID string) (o stack.Order) {
	b.Helper()
	require.Eventually(b, func() bool {
		o = b.Get(orderID)
		return o.Status != "pending" && o.Status != "awaiting_payment"
	}, time.Minute, 100*time.Millisecond, "order %s is not decided", orderID)
	return o
}
