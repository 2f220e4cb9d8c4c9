package productpg_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/event"
	"github.com/skaldhq/skald/internal/event/eventtest"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/product/productpg"
	"github.com/skaldhq/skald/services/product/producttest"
)

// TestEvents: every change of a product is told once, and what changes nothing is not.
func TestEvents(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "product")
	s, r := productpg.New(pool), producttest.Request()
	p, _, err := s.Create(t.Context(), r)
	require.NoError(t, err)
	_, _, err = s.Create(t.Context(), r)
	require.NoError(t, err, "changes nothing")
	_, err = s.Update(t.Context(), r, p.Version)
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, s.Reprice(t.Context(), p.ID, money.New(4711, "EUR")))
	}
	require.NoError(t, s.Delete(t.Context(), p.ID, 0))
	require.Equal(t, map[string][]event.Type{
		p.ID: {event.ProductCreated, event.ProductChanged, event.ProductChanged, event.ProductDeleted},
	}, eventtest.Read(t, "../../..").Told(t, pool))
}
