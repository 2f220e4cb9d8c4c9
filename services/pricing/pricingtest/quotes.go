package pricingtest

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/pricing"
)

func testQuotes(t *testing.T, s pricing.Service) {
	t.Run("prices each item, in the request's order", func(t *testing.T) {
		t.Parallel()
		a, b, order := priced(t, s, euros(1999)), priced(t, s, euros(50)), newOrder()
		q, err := quote(t, s, order, of(b, 3), of(a, 2), of(b, 1))
		require.NoError(t, err)
		require.Equal(t, pricing.Quote{
			OrderID: order,
			Lines: []pricing.Line{
				{ProductID: b, Quantity: 3, UnitPrice: euros(50), Total: euros(150)},
				{ProductID: a, Quantity: 2, UnitPrice: euros(1999), Total: euros(3998)},
				{ProductID: b, Quantity: 1, UnitPrice: euros(50), Total: euros(50)},
			},
			Total: euros(4198),
		}, q)
	})
	t.Run("stays when prices change and go", func(t *testing.T) {
		t.Parallel()
		a, b, order := priced(t, s, euros(100)), priced(t, s, euros(10)), newOrder()
		first, err := quote(t, s, order, of(a, 2), of(b, 1))
		require.NoError(t, err)
		set(t, s, a, money.New(777, "USD"), &pricing.Discount{BasisPoints: 10_000})
		require.NoError(t, s.Delete(t.Context(), b))
		again, err := quote(t, s, order, of(a, 2), of(b, 1))
		require.NoError(t, err)
		require.Equal(t, first, again)
		require.Equal(t, euros(210), again.Total)
	})
	t.Run("other items are a mismatch", func(t *testing.T) {
		t.Parallel()
		a, b, order := priced(t, s, euros(100)), priced(t, s, euros(10)), newOrder()
		first, err := quote(t, s, order, of(a, 2), of(b, 1))
		require.NoError(t, err)
		for _, other := range [][]pricing.Item{
			{of(a, 2)}, {of(a, 1), of(b, 1)}, {of(a, 2), of(a, 1)}, {of(b, 1), of(a, 2)}, {of(a, 2), of(b, 1), of(b, 1)},
		} {
			_, err := quote(t, s, order, other...)
			require.ErrorIs(t, err, pricing.ErrMismatch)
		}
		_, err = s.QuoteOrder(t.Context(), pricing.QuoteRequest{OrderID: order, Currency: "EUR", Items: []pricing.Item{of(a, 2), of(b, 1)}})
		require.ErrorIs(t, err, pricing.ErrMismatch)
		again, err := quote(t, s, order, of(a, 2), of(b, 1))
		require.NoError(t, err)
		require.Equal(t, first, again)
	})
	t.Run("in the asked currency", func(t *testing.T) {
		t.Parallel()
		a := priced(t, s, euros(100))
		q, err := s.QuoteOrder(t.Context(), pricing.QuoteRequest{OrderID: newOrder(), Currency: "EUR", Items: []pricing.Item{of(a, 1)}})
		require.NoError(t, err)
		require.Equal(t, euros(100), q.Total)
	})
	t.Run("free, and the largest", func(t *testing.T) {
		t.Parallel()
		free, dear := priced(t, s, euros(0)), priced(t, s, euros(pricing.MaxTotal))
		q, err := quote(t, s, newOrder(), of(free, math.MaxInt64))
		require.NoError(t, err)
		require.Equal(t, euros(0), q.Total)
		q, err = quote(t, s, newOrder(), of(dear, 1), of(free, 2))
		require.NoError(t, err)
		require.Equal(t, euros(pricing.MaxTotal), q.Total)
	})
	t.Run("what cannot be asked", func(t *testing.T) {
		t.Parallel()
		a := priced(t, s, euros(100))
		for name, bad := range map[string]struct {
			request pricing.QuoteRequest
			field   string
		}{
			"no order": {pricing.QuoteRequest{OrderID: "nonsense", Items: []pricing.Item{of(a, 1)}}, "order_id"},
			"no items": {pricing.QuoteRequest{OrderID: newOrder()}, "items"},
			"nothing":  {pricing.QuoteRequest{OrderID: newOrder(), Items: []pricing.Item{of(a, 0)}}, "items[0].quantity"},
			"negative": {pricing.QuoteRequest{OrderID: newOrder(), Items: []pricing.Item{of(a, 1), of(a, -1)}}, "items[1].quantity"},
		} {
			_, err := s.QuoteOrder(t.Context(), bad.request)
			require.Equal(t, fault.Invalid, fault.KindOf(err), name)
			require.Equal(t, bad.field, fault.From(err).Field, name)
		}
	})
}

// testRefusals: a no is an answer, so it is kept as a quote is.
func testRefusals(t *testing.T, s pricing.Service) {
	a, dollars := priced(t, s, euros(100)), priced(t, s, money.New(100, "USD"))
	missing := newProduct()
	for name, tt := range map[string]struct {
		currency string
		items    []pricing.Item
		want     *fault.Error
	}{
		"no price":         {"", []pricing.Item{of(a, 1), of(missing, 1)}, pricing.ErrNotFound},
		"no id":            {"", []pricing.Item{of(a, 1), of("nonsense", 1)}, pricing.ErrNotFound},
		"odd id":           {"", []pricing.Item{of("a\x00b", 1)}, pricing.ErrNotFound},
		"mixed currencies": {"", []pricing.Item{of(a, 1), of(dollars, 1)}, pricing.ErrCurrency},
		"other currency":   {"GBP", []pricing.Item{of(a, 1)}, pricing.ErrCurrency},
		"too large":        {"", []pricing.Item{of(a, pricing.MaxTotal)}, pricing.ErrTooLarge},
		"overflow":         {"", []pricing.Item{of(a, math.MaxInt64)}, pricing.ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			order := newOrder()
			r := pricing.QuoteRequest{OrderID: order, Currency: tt.currency, Items: tt.items}
			for range 2 {
				_, err := s.QuoteOrder(t.Context(), r)
				require.ErrorIs(t, err, tt.want)
				require.Equal(t, tt.want.Message, fault.From(err).Message)
			}
			_, err := quote(t, s, order, of(a, 1))
			require.ErrorIs(t, err, pricing.ErrMismatch)
		})
	}
	t.Run("stays when the price comes", func(t *testing.T) {
		product, order := newProduct(), newOrder()
		_, err := quote(t, s, order, of(product, 1))
		require.ErrorIs(t, err, pricing.ErrNotFound)
		set(t, s, product, euros(1), nil)
		_, err = quote(t, s, order, of(product, 1))
		require.ErrorIs(t, err, pricing.ErrNotFound)
		_, err = quote(t, s, newOrder(), of(product, 1))
		require.NoError(t, err)
	})
}

// testSameOrder asks for the same quote many times at once while the price
// changes: all get the same answer.
func testSameOrder(t *testing.T, s pricing.Service) {
	const rounds, askers = 25, 8
	product, flickering := priced(t, s, euros(1)), newProduct()
	for range rounds {
		order, other := newOrder(), newOrder()
		var quotes [askers]pricing.Quote
		var errs, others [askers]error
		var wg sync.WaitGroup
		for i := range askers {
			wg.Go(func() {
				base := euros(rand.Int64N(1000)) //nolint:gosec // chance is enough for a test
				_, _, err := s.Set(t.Context(), pricing.SetRequest{ProductID: product, Base: base})
				assert.NoError(t, err)
				quotes[i], errs[i] = quote(t, s, order, of(product, 2), of(product, 1))
				if i == 0 {
					_, err = s.SetBase(t.Context(), flickering, euros(1))
				} else {
					_, others[i] = quote(t, s, other, of(flickering, 1))
				}
				assert.NoError(t, err)
			})
		}
		wg.Wait()
		for i := range askers {
			require.NoError(t, errs[i])
			require.Equal(t, quotes[0], quotes[i])
		}
		for _, err := range others[2:] {
			require.Equal(t, others[1] == nil, err == nil, "a product that just came is there for all or for none")
		}
		require.NoError(t, s.Delete(t.Context(), flickering))
	}
}
