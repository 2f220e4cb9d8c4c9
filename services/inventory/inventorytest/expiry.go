package inventorytest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/services/inventory"
)

// testExpiry runs in sequence: the clock takes from every order at once.
func testExpiry(t *testing.T, s inventory.Service) {
	t.Run("gives back what is over, and no more", func(t *testing.T) {
		product := stocked(t, s, 10)
		over := held(t, s, short, lines(product, 2)...)
		lasting := held(t, s, long, lines(product, 3)...)
		require.Equal(t, 1, expire(t, s))
		require.Equal(t, 0, expire(t, s))
		requireState(t, s, over, inventory.Released)
		requireState(t, s, lasting, inventory.Reserved)
		requireCounts(t, s, product, 10, 3)
	})
	t.Run("at most the limit", func(t *testing.T) {
		a, b := stocked(t, s, 10), stocked(t, s, 10)
		for range 3 {
			held(t, s, short, append(lines(b, 1), lines(a, 1)...)...)
		}
		for _, want := range []struct {
			limit, expired int
			left           int64
		}{{-1, 0, 3}, {0, 0, 3}, {2, 2, 1}, {2, 1, 0}, {2, 0, 0}} {
			n, err := s.ExpireReservations(t.Context(), want.limit)
			require.NoError(t, err)
			require.Equal(t, want.expired, n)
			requireCounts(t, s, a, 10, want.left)
			requireCounts(t, s, b, 10, want.left)
		}
	})
	t.Run("a hold that is over but not taken back is sold", func(t *testing.T) {
		product := stocked(t, s, 5)
		order := held(t, s, short, lines(product, 5)...)
		_, err := commit(t, s, order)
		require.NoError(t, err)
		require.Equal(t, 0, expire(t, s))
		requireCounts(t, s, product, 0, 0)
	})
	t.Run("commit takes it again", func(t *testing.T) {
		product := stocked(t, s, 5)
		order := held(t, s, short, lines(product, 2)...)
		require.Equal(t, 1, expire(t, s))
		r, err := commit(t, s, order)
		require.NoError(t, err)
		require.Equal(t, inventory.Sold, r.State)
		require.Equal(t, lines(product, 2), r.Lines)
		requireCounts(t, s, product, 3, 0)
	})
	t.Run("commit waits for stock to come back", func(t *testing.T) {
		a, b := stocked(t, s, 5), stocked(t, s, 5)
		order := held(t, s, short, append(lines(a, 2), lines(b, 2)...)...)
		require.Equal(t, 1, expire(t, s))
		rival := held(t, s, long, lines(b, 4)...)
		for range 2 {
			_, err := commit(t, s, order)
			require.ErrorIs(t, err, inventory.ErrInsufficient)
			requireCounts(t, s, a, 5, 0)
			requireCounts(t, s, b, 5, 4)
		}
		_, err := release(t, s, rival)
		require.NoError(t, err)
		_, err = commit(t, s, order)
		require.NoError(t, err)
		requireCounts(t, s, a, 3, 0)
		requireCounts(t, s, b, 3, 0)
	})
	t.Run("reserved again gives the first result, without units", func(t *testing.T) {
		product := stocked(t, s, 5)
		order := held(t, s, short, lines(product, 2)...)
		require.Equal(t, 1, expire(t, s))
		r, err := reserve(t, s, order, long, lines(product, 2)...)
		require.NoError(t, err)
		require.Equal(t, inventory.Released, r.State)
		requireCounts(t, s, product, 5, 0)
	})
	t.Run("a release after it is for good", func(t *testing.T) {
		product := stocked(t, s, 5)
		order := held(t, s, short, lines(product, 2)...)
		require.Equal(t, 1, expire(t, s))
		_, err := release(t, s, order)
		require.NoError(t, err)
		_, err = commit(t, s, order)
		require.ErrorIs(t, err, inventory.ErrReleased)
		_, err = reserve(t, s, order, long, lines(product, 2)...)
		require.ErrorIs(t, err, inventory.ErrReleased)
		requireCounts(t, s, product, 5, 0)
	})
}
