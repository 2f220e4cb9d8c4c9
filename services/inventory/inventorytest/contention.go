package inventorytest

import (
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/services/inventory"
)

// testContention lets workers race for less than they want: they reserve, give
// back, sell, and put back most of what they sold, while the clock takes some.
func testContention(t *testing.T, s inventory.Service) {
	const (
		workers    = 16
		operations = 20_000
		products   = 5
		units      = 40 // of each product; all workers together want about twice that
	)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	shop := &market{service: s}
	for range products {
		shop.products = append(shop.products, stocked(t, s, units))
	}
	shop.sold = make([]atomic.Int64, products)
	race(workers, func(i int) {
		b := &buyer{market: shop, chance: rand.New(rand.NewPCG(seed, uint64(i)))} //nolint:gosec // i is small, and chance is enough for a test
		for shop.operations.Add(1) <= operations && b.next(t) {
		}
		for len(b.held) > 0 && b.release(t) {
		}
	})
	var left int64
	for i, product := range shop.products {
		requireCounts(t, s, product, units-shop.sold[i].Load(), 0)
		left += units - shop.sold[i].Load()
	}
	t.Logf("%d operations by %d workers: %d reservations held, %d refused; %d of %d units left",
		operations, workers, shop.reserved.Load(), shop.refused.Load(), left, products*units)
	require.Greater(t, shop.refused.Load(), int64(operations/20), "there is less than is wanted")
	require.Greater(t, shop.reserved.Load(), int64(operations/20), "and some get it")
}

// market is what the workers share.
type market struct {
	service                       inventory.Service
	products                      []string
	sold                          []atomic.Int64 // by product
	operations, reserved, refused atomic.Int64
}

// buyer is a worker and what it holds.
type buyer struct {
	*market
	chance *rand.Rand
	held   []inventory.ReserveRequest
	bought []inventory.ReserveRequest
}

func (b *buyer) oneIn(n int) bool { return b.chance.IntN(n) == 0 }

// next runs an operation; false where its answer is not one there can be.
func (b *buyer) next(t *testing.T) bool {
	switch {
	case b.oneIn(20):
		_, err := b.service.ExpireReservations(t.Context(), 10)
		return assert.NoError(t, err)
	case len(b.bought) > 0 && b.oneIn(2):
		return b.putBack(t)
	case len(b.held) < 4 && !b.oneIn(3), len(b.held) == 0:
		return b.reserve(t)
	case b.oneIn(2):
		return b.commit(t)
	default:
		return b.release(t)
	}
}

// reserve asks for some units of some products, on lines in random sequence, a
// product often on more than one. One in eight is not held for long.
func (b *buyer) reserve(t *testing.T) bool {
	r := inventory.ReserveRequest{OrderID: newOrder(), TTL: long}
	if b.oneIn(8) {
		r.TTL = short
	}
	for range 1 + b.chance.IntN(4) {
		r.Lines = append(r.Lines, lines(b.products[b.chance.IntN(len(b.products))], 1+b.chance.Int64N(3))...)
	}
	_, err := b.service.ReserveStock(t.Context(), r)
	if errors.Is(err, inventory.ErrInsufficient) {
		b.refused.Add(1)
		return true
	}
	b.reserved.Add(1)
	b.held = append(b.held, r)
	return assert.NoError(t, err)
}

// take removes one of some orders.
func (b *buyer) take(from *[]inventory.ReserveRequest) inventory.ReserveRequest {
	last := len(*from) - 1
	b.chance.Shuffle(len(*from), func(i, j int) { (*from)[i], (*from)[j] = (*from)[j], (*from)[i] })
	one := (*from)[last]
	*from = (*from)[:last]
	return one
}

func (b *buyer) release(t *testing.T) bool {
	_, err := b.service.ReleaseStock(t.Context(), inventory.OrderRequest{OrderID: b.take(&b.held).OrderID})
	return assert.NoError(t, err)
}

// commit sells. Of what the clock took somebody else may have the units by now.
func (b *buyer) commit(t *testing.T) bool {
	r := b.take(&b.held)
	_, err := b.service.CommitStock(t.Context(), inventory.OrderRequest{OrderID: r.OrderID})
	if r.TTL == short && errors.Is(err, inventory.ErrInsufficient) {
		b.held = append(b.held, r)
		return b.release(t)
	}
	b.count(r, 1)
	if !b.oneIn(64) { // a few stay sold
		b.bought = append(b.bought, r)
	}
	return assert.NoError(t, err)
}

func (b *buyer) putBack(t *testing.T) bool {
	r := b.take(&b.bought)
	b.count(r, -1)
	_, err := b.service.ReturnStock(t.Context(), inventory.ReturnRequest{OrderID: r.OrderID, RefundID: newRefund()})
	return assert.NoError(t, err)
}

// count adds what an order bought to what was sold.
func (b *buyer) count(r inventory.ReserveRequest, sign int64) {
	for _, line := range r.Lines {
		for i, product := range b.products {
			if product == line.ProductID {
				b.sold[i].Add(sign * line.Quantity)
			}
		}
	}
}
