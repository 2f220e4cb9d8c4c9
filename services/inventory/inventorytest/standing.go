package inventorytest

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/inventory"
)

// testStandings: a reservation is listed until a saga has settled it, whatever
// the clock did.
func testStandings(t *testing.T, s inventory.Service) {
	product := stocked(t, s, 100)
	expired := held(t, s, short, lines(product, 1)...)
	require.Equal(t, 1, expire(t, s))
	reserved := held(t, s, long, lines(product, 2)...)
	sold := held(t, s, long, lines(product, 3)...)
	_, err := commit(t, s, sold)
	require.NoError(t, err)
	released := held(t, s, long, lines(product, 4)...)
	_, err = release(t, s, released)
	require.NoError(t, err)
	rejected := newOrder()
	_, err = reserve(t, s, rejected, long, lines(product, 1000)...)
	require.ErrorIs(t, err, inventory.ErrInsufficient)
	tombstone := newOrder()
	_, err = release(t, s, tombstone)
	require.NoError(t, err)

	list := func(in inventory.Slice) inventory.OrderPage {
		page, err := s.ListHeld(t.Context(), in)
		require.NoError(t, err)
		return page
	}
	require.Equal(t, []string{reserved, expired}, list(inventory.Slice{Limit: 10}).OrderIDs, "what changed last first")
	require.Empty(t, list(inventory.Slice{Age: time.Hour, Limit: 10}).OrderIDs)
	first := list(inventory.Slice{Limit: 1})
	require.Equal(t, []string{reserved}, first.OrderIDs)
	second := list(inventory.Slice{Limit: 1, Cursor: first.NextCursor})
	require.Equal(t, inventory.OrderPage{OrderIDs: []string{expired}}, second)
	_, err = s.ListHeld(t.Context(), inventory.Slice{Cursor: "x"})
	require.Equal(t, "cursor", fault.From(err).Field)

	read := func(ids ...string) []inventory.Standing {
		found, err := s.Standings(t.Context(), ids)
		require.NoError(t, err)
		return found
	}
	require.ElementsMatch(t, []inventory.Standing{
		{OrderID: expired, State: inventory.Released, Expired: true}, {OrderID: reserved, State: inventory.Reserved},
		{OrderID: sold, State: inventory.Sold, Sold: 3}, {OrderID: released, State: inventory.Released},
		{OrderID: rejected, State: inventory.Rejected}, {OrderID: tombstone, State: inventory.Released},
	}, read(expired, reserved, sold, released, rejected, tombstone, newOrder(), "nonsense"))
	require.Len(t, read(slices.Repeat([]string{sold}, 2*inventory.MaxSlice)...), 1)

	for _, left := range []int64{1, 0} {
		r := inventory.ReturnRequest{OrderID: sold, RefundID: inventory.RefundIDPrefix.New()}
		if left > 0 {
			r.Lines = lines(product, 2)
		}
		_, err := s.ReturnStock(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, []inventory.Standing{{OrderID: sold, State: inventory.Sold, Sold: left}}, read(sold))
	}
	_, err = release(t, s, expired)
	require.NoError(t, err)
	require.Equal(t, []string{reserved}, list(inventory.Slice{Limit: 10}).OrderIDs, "now it is settled")
}
