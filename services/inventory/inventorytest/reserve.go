package inventorytest

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/inventory"
)

func testReserve(t *testing.T, s inventory.Service) {
	t.Run("holds all lines", func(t *testing.T) {
		t.Parallel()
		a, b, order := stocked(t, s, 5), stocked(t, s, 5), newOrder()
		r, err := reserve(t, s, order, long,
			inventory.Line{ProductID: b, Quantity: 1}, inventory.Line{ProductID: a, Quantity: 2}, inventory.Line{ProductID: b, Quantity: 3})
		require.NoError(t, err)
		require.Equal(t, order, r.OrderID)
		require.Equal(t, inventory.Reserved, r.State)
		require.Equal(t, []inventory.Line{{ProductID: a, Quantity: 2}, {ProductID: b, Quantity: 4}}, r.Lines, "added up, by product id")
		require.WithinDuration(t, time.Now().Add(long), r.ExpiresAt, time.Minute)
		requireCounts(t, s, a, 5, 2)
		requireCounts(t, s, b, 5, 4)
		require.Equal(t, r, requireState(t, s, order, inventory.Reserved))
	})
	t.Run("again gives the first result", func(t *testing.T) {
		t.Parallel()
		product, order := stocked(t, s, 5), newOrder()
		first, err := reserve(t, s, order, long, lines(product, 3)...)
		require.NoError(t, err)
		again, err := reserve(t, s, order, 2*long, lines(product, 2, 1)...)
		require.NoError(t, err)
		require.Equal(t, first, again)
		requireCounts(t, s, product, 5, 3)
	})
	t.Run("again for other lines is a mismatch", func(t *testing.T) {
		t.Parallel()
		product := stocked(t, s, 5)
		order := held(t, s, long, lines(product, 3)...)
		_, err := reserve(t, s, order, long, lines(product, 2)...)
		require.ErrorIs(t, err, inventory.ErrMismatch)
		requireCounts(t, s, product, 5, 3)
	})
	t.Run("all or none", func(t *testing.T) {
		t.Parallel()
		much, little, order := stocked(t, s, 5), stocked(t, s, 1), newOrder()
		_, err := reserve(t, s, order, long, append(lines(much, 2), lines(little, 2)...)...)
		require.ErrorIs(t, err, inventory.ErrInsufficient)
		requireCounts(t, s, much, 5, 0)
		requireCounts(t, s, little, 1, 0)
		require.Empty(t, requireState(t, s, order, inventory.Rejected).Lines)
	})
	t.Run("down to the last unit", func(t *testing.T) {
		t.Parallel()
		product := stocked(t, s, 3)
		held(t, s, long, lines(product, 1, 2)...)
		_, err := reserve(t, s, newOrder(), long, lines(product, 1)...)
		require.ErrorIs(t, err, inventory.ErrInsufficient)
		requireCounts(t, s, product, 3, 3)
	})
	t.Run("a refusal stays", func(t *testing.T) {
		t.Parallel()
		product, order := stocked(t, s, 1), newOrder()
		_, err := reserve(t, s, order, long, lines(product, 2)...)
		require.ErrorIs(t, err, inventory.ErrInsufficient)
		_, _, err = s.SetOnHand(t.Context(), product, 10)
		require.NoError(t, err)
		_, err = reserve(t, s, order, long, lines(product, 2)...)
		require.ErrorIs(t, err, inventory.ErrInsufficient, "even when there is stock by now")
		_, err = reserve(t, s, order, long, lines(product, 1)...)
		require.ErrorIs(t, err, inventory.ErrMismatch)
		requireCounts(t, s, product, 10, 0)
	})
	t.Run("a product without stock is refused", func(t *testing.T) {
		t.Parallel()
		for _, product := range []string{newProduct(), newOrder(), "nonsense", "", "a\x00b"} {
			other, order := stocked(t, s, 5), newOrder()
			for range 2 {
				_, err := reserve(t, s, order, long, append(lines(product, 1), lines(other, 1)...)...)
				require.ErrorIs(t, err, inventory.ErrInsufficient)
			}
			requireCounts(t, s, other, 5, 0)
		}
	})
	t.Run("a sum that overflows is refused", func(t *testing.T) {
		t.Parallel()
		product := stocked(t, s, inventory.MaxOnHand)
		_, err := reserve(t, s, newOrder(), long, lines(product, math.MaxInt64, math.MaxInt64, 2)...)
		require.ErrorIs(t, err, inventory.ErrInsufficient)
		held(t, s, long, lines(product, inventory.MaxOnHand)...)
		requireCounts(t, s, product, inventory.MaxOnHand, inventory.MaxOnHand)
	})
	t.Run("what cannot be asked", func(t *testing.T) {
		t.Parallel()
		product := stocked(t, s, 5)
		for name, bad := range map[string]struct {
			request inventory.ReserveRequest
			field   string
		}{
			"no order":  {inventory.ReserveRequest{OrderID: "nonsense", Lines: lines(product, 1), TTL: long}, "order_id"},
			"no lines":  {inventory.ReserveRequest{OrderID: newOrder(), TTL: long}, "lines"},
			"nothing":   {inventory.ReserveRequest{OrderID: newOrder(), Lines: lines(product, 0), TTL: long}, "lines[0].quantity"},
			"negative":  {inventory.ReserveRequest{OrderID: newOrder(), Lines: lines(product, 1, -1), TTL: long}, "lines[1].quantity"},
			"over soon": {inventory.ReserveRequest{OrderID: newOrder(), Lines: lines(product, 1)}, "ttl"},
		} {
			_, err := s.ReserveStock(t.Context(), bad.request)
			require.Equal(t, fault.Invalid, fault.KindOf(err), name)
			require.Equal(t, bad.field, fault.From(err).Field, name)
			_, err = s.GetReservation(t.Context(), bad.request.OrderID)
			require.ErrorIs(t, err, inventory.ErrNotReserved, name)
		}
		requireCounts(t, s, product, 5, 0)
	})
}
