package inventorytest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/inventory"
)

func testRelease(t *testing.T, s inventory.Service) {
	t.Run("gives units back", func(t *testing.T) {
		t.Parallel()
		a, b := stocked(t, s, 5), stocked(t, s, 5)
		order := held(t, s, long, append(lines(a, 2), lines(b, 3)...)...)
		for range 2 {
			r, err := release(t, s, order)
			require.NoError(t, err)
			require.Equal(t, inventory.Released, r.State)
			require.Len(t, r.Lines, 2)
			requireCounts(t, s, a, 5, 0)
			requireCounts(t, s, b, 5, 0)
		}
	})
	t.Run("before the reservation leaves a tombstone", func(t *testing.T) {
		t.Parallel()
		product, order := stocked(t, s, 5), newOrder()
		for range 2 {
			r, err := release(t, s, order)
			require.NoError(t, err)
			require.Equal(t, inventory.Reservation{OrderID: order, State: inventory.Released, Lines: []inventory.Line{}}, r)
		}
		for range 2 {
			_, err := reserve(t, s, order, long, lines(product, 1)...)
			require.ErrorIs(t, err, inventory.ErrReleased)
		}
		_, err := commit(t, s, order)
		require.ErrorIs(t, err, inventory.ErrReleased)
		requireState(t, s, order, inventory.Released)
		requireCounts(t, s, product, 5, 0)
	})
	t.Run("is for good", func(t *testing.T) {
		t.Parallel()
		product := stocked(t, s, 5)
		order := held(t, s, long, lines(product, 2)...)
		_, err := release(t, s, order)
		require.NoError(t, err)
		_, err = reserve(t, s, order, long, lines(product, 2)...)
		require.ErrorIs(t, err, inventory.ErrReleased)
		_, err = commit(t, s, order)
		require.ErrorIs(t, err, inventory.ErrReleased)
		requireCounts(t, s, product, 5, 0)
	})
	t.Run("of a refused order changes nothing", func(t *testing.T) {
		t.Parallel()
		product, order := stocked(t, s, 1), newOrder()
		_, err := reserve(t, s, order, long, lines(product, 2)...)
		require.ErrorIs(t, err, inventory.ErrInsufficient)
		r, err := release(t, s, order)
		require.NoError(t, err)
		require.Equal(t, inventory.Rejected, r.State)
		_, err = reserve(t, s, order, long, lines(product, 2)...)
		require.ErrorIs(t, err, inventory.ErrInsufficient)
		requireCounts(t, s, product, 1, 0)
	})
	t.Run("not of what is sold", func(t *testing.T) {
		t.Parallel()
		product := stocked(t, s, 5)
		order := held(t, s, long, lines(product, 2)...)
		_, err := commit(t, s, order)
		require.NoError(t, err)
		_, err = release(t, s, order)
		require.ErrorIs(t, err, inventory.ErrSold)
		requireState(t, s, order, inventory.Sold)
		requireCounts(t, s, product, 3, 0)
	})
	t.Run("of no order", func(t *testing.T) {
		t.Parallel()
		_, err := release(t, s, "nonsense")
		require.Equal(t, fault.Invalid, fault.KindOf(err))
	})
}

func testCommit(t *testing.T, s inventory.Service) {
	t.Run("sells units", func(t *testing.T) {
		t.Parallel()
		a, b := stocked(t, s, 5), stocked(t, s, 5)
		order := held(t, s, long, append(lines(a, 2), lines(b, 1, 2)...)...)
		for range 2 {
			r, err := commit(t, s, order)
			require.NoError(t, err)
			require.Equal(t, inventory.Sold, r.State)
			require.ElementsMatch(t, append(lines(a, 2), lines(b, 3)...), r.Lines)
			requireCounts(t, s, a, 3, 0)
			requireCounts(t, s, b, 2, 0)
		}
	})
	t.Run("reserved again stays sold", func(t *testing.T) {
		t.Parallel()
		product := stocked(t, s, 5)
		order := held(t, s, long, lines(product, 2)...)
		_, err := commit(t, s, order)
		require.NoError(t, err)
		r, err := reserve(t, s, order, long, lines(product, 2)...)
		require.NoError(t, err)
		require.Equal(t, inventory.Sold, r.State)
		requireCounts(t, s, product, 3, 0)
	})
	t.Run("not what is not held", func(t *testing.T) {
		t.Parallel()
		order := newOrder()
		_, err := commit(t, s, order)
		require.ErrorIs(t, err, inventory.ErrNotReserved)
		_, err = s.GetReservation(t.Context(), order)
		require.ErrorIs(t, err, inventory.ErrNotReserved, "a commit leaves no trace")

		_, err = reserve(t, s, order, long, lines(newProduct(), 1)...)
		require.ErrorIs(t, err, inventory.ErrInsufficient)
		_, err = commit(t, s, order)
		require.ErrorIs(t, err, inventory.ErrNotReserved, "refused")
	})
	t.Run("of no order", func(t *testing.T) {
		t.Parallel()
		_, err := commit(t, s, "nonsense")
		require.Equal(t, fault.Invalid, fault.KindOf(err))
		_, err = s.GetReservation(t.Context(), "nonsense")
		require.ErrorIs(t, err, inventory.ErrNotReserved)
	})
}
