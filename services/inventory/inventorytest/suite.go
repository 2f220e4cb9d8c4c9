// Package inventorytest is what every inventory.Service must pass.
package inventorytest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/services/inventory"
)

// Run checks a service. newService returns one that keeps nothing yet.
func Run(t *testing.T, newService func(*testing.T) inventory.Service) {
	t.Helper()
	groups := []struct {
		name  string
		check func(*testing.T, inventory.Service)
	}{
		{"stock", testStock},
		{"reserve", testReserve},
		{"release", testRelease},
		{"commit", testCommit},
		{"expiry", testExpiry},
		{"contention", testContention},
		{"same order at once", testSameOrder},
		{"return", testReturn},
		{"return contention", testReturnContention},
		{"standings", testStandings},
	}
	for _, group := range groups {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			group.check(t, newService(t))
		})
	}
}

const (
	// long is a hold that does not end during a test.
	long = time.Hour
	// short is a hold that is over when the next statement runs.
	short = time.Microsecond
)

func newProduct() string { return inventory.ProductIDPrefix.New() }

func newOrder() string { return inventory.OrderIDPrefix.New() }

// stocked returns a new product with a count.
func stocked(t *testing.T, s inventory.Service, onHand int64) string {
	t.Helper()
	product := newProduct()
	_, created, err := s.SetOnHand(t.Context(), product, onHand)
	require.NoError(t, err)
	require.True(t, created)
	return product
}

func lines(product string, quantities ...int64) []inventory.Line {
	ls := make([]inventory.Line, 0, len(quantities))
	for _, quantity := range quantities {
		ls = append(ls, inventory.Line{ProductID: product, Quantity: quantity})
	}
	return ls
}

func reserve(t *testing.T, s inventory.Service, order string, ttl time.Duration, ls ...inventory.Line) (inventory.Reservation, error) {
	t.Helper()
	return s.ReserveStock(t.Context(), inventory.ReserveRequest{OrderID: order, Lines: ls, TTL: ttl})
}

// held returns a new order that holds the lines.
func held(t *testing.T, s inventory.Service, ttl time.Duration, ls ...inventory.Line) string {
	t.Helper()
	order := newOrder()
	r, err := reserve(t, s, order, ttl, ls...)
	require.NoError(t, err)
	require.Equal(t, inventory.Reserved, r.State)
	return order
}

func release(t *testing.T, s inventory.Service, order string) (inventory.Reservation, error) {
	t.Helper()
	return s.ReleaseStock(t.Context(), inventory.OrderRequest{OrderID: order})
}

func commit(t *testing.T, s inventory.Service, order string) (inventory.Reservation, error) {
	t.Helper()
	return s.CommitStock(t.Context(), inventory.OrderRequest{OrderID: order})
}

func expire(t *testing.T, s inventory.Service) int {
	t.Helper()
	n, err := s.ExpireReservations(t.Context(), 1000)
	require.NoError(t, err)
	return n
}

// requireCounts checks a product's counters.
func requireCounts(t *testing.T, s inventory.Service, product string, onHand, reserved int64) {
	t.Helper()
	stock, err := s.Get(t.Context(), product)
	require.NoError(t, err)
	require.Equal(t, []int64{onHand, reserved, onHand - reserved},
		[]int64{stock.OnHand, stock.Reserved, stock.Available}, "on hand, reserved, available")
}

func requireState(t *testing.T, s inventory.Service, order string, state inventory.State) inventory.Reservation {
	t.Helper()
	r, err := s.GetReservation(t.Context(), order)
	require.NoError(t, err)
	require.Equal(t, order, r.OrderID)
	require.Equal(t, state, r.State)
	return r
}
