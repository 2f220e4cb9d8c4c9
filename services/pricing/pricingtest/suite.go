// Package pricingtest is what every pricing.Service must pass.
package pricingtest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/pricing"
)

// Run checks a service. newService returns one that keeps nothing yet.
func Run(t *testing.T, newService func(*testing.T) pricing.Service) {
	t.Helper()
	groups := []struct {
		name  string
		check func(*testing.T, pricing.Service)
	}{
		{"prices", testPrices},
		{"discounts", testDiscounts},
		{"quotes", testQuotes},
		{"refusals", testRefusals},
		{"same order at once", testSameOrder},
	}
	for _, group := range groups {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			group.check(t, newService(t))
		})
	}
}

func newProduct() string { return pricing.ProductIDPrefix.New() }

func newOrder() string { return pricing.OrderIDPrefix.New() }

func euros(minor int64) money.Money { return money.New(minor, "EUR") }

// priced returns a new product with a price.
func priced(t *testing.T, s pricing.Service, base money.Money) string {
	t.Helper()
	product := newProduct()
	_, created, err := s.Set(t.Context(), pricing.SetRequest{ProductID: product, Base: base})
	require.NoError(t, err)
	require.True(t, created)
	return product
}

func set(t *testing.T, s pricing.Service, product string, base money.Money, d *pricing.Discount) pricing.Price {
	t.Helper()
	p, _, err := s.Set(t.Context(), pricing.SetRequest{ProductID: product, Base: base, Discount: d})
	require.NoError(t, err)
	return p
}

func quote(t *testing.T, s pricing.Service, order string, items ...pricing.Item) (pricing.Quote, error) {
	t.Helper()
	return s.QuoteOrder(t.Context(), pricing.QuoteRequest{OrderID: order, Items: items})
}

func of(product string, quantity int64) pricing.Item {
	return pricing.Item{ProductID: product, Quantity: quantity}
}

// in is a moment from now, of the precision that every database keeps.
func in(d time.Duration) *time.Time {
	at := time.Now().Add(d).UTC().Truncate(time.Millisecond)
	return &at
}
