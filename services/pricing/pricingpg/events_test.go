package pricingpg_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/event"
	"github.com/skaldhq/skald/internal/event/eventtest"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/pricing"
	"github.com/skaldhq/skald/services/pricing/pricingpg"
)

// TestEvents: every change of a price is told once, discounts too, and what changes
// nothing is not.
func TestEvents(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "pricing")
	s, product, base := pricingpg.New(pool), pricing.ProductIDPrefix.New(), money.New(1000, "EUR")
	until := time.Now().Add(time.Hour)
	for _, r := range []pricing.SetRequest{
		{ProductID: product, Base: base},
		{ProductID: product, Base: base}, // changes nothing
		{ProductID: product, Base: base, Discount: &pricing.Discount{BasisPoints: 500, EndsAt: &until}},
	} {
		_, _, err := s.Set(t.Context(), r)
		require.NoError(t, err)
	}
	_, err := s.SetBase(t.Context(), product, money.New(900, "EUR"))
	require.NoError(t, err)
	require.NoError(t, s.Delete(t.Context(), product))
	require.Equal(t, map[string][]event.Type{
		product: {event.PriceCreated, event.PriceChanged, event.PriceChanged, event.PriceDeleted},
	}, eventtest.Read(t, "../../..").Told(t, pool))
}
