package inventorytest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/inventory"
)

func testStock(t *testing.T, s inventory.Service) {
	t.Run("is ready", func(t *testing.T) {
		t.Parallel()
		require.NoError(t, s.Ready(t.Context()))
	})
	t.Run("set creates, then replaces", func(t *testing.T) {
		t.Parallel()
		product := newProduct()
		stock, created, err := s.SetOnHand(t.Context(), product, 7)
		require.NoError(t, err)
		require.True(t, created)
		require.WithinDuration(t, time.Now(), stock.UpdatedAt, time.Minute)
		require.Equal(t, inventory.Stock{ProductID: product, OnHand: 7, Available: 7, UpdatedAt: stock.UpdatedAt}, stock)

		stock, created, err = s.SetOnHand(t.Context(), product, 3)
		require.NoError(t, err)
		require.False(t, created)
		require.Equal(t, int64(3), stock.OnHand)

		got, err := s.Get(t.Context(), product)
		require.NoError(t, err)
		require.Equal(t, stock, got)
	})
	t.Run("set to the same count, and to nothing", func(t *testing.T) {
		t.Parallel()
		product := stocked(t, s, 0)
		for range 2 {
			_, created, err := s.SetOnHand(t.Context(), product, 0)
			require.NoError(t, err)
			require.False(t, created)
		}
		requireCounts(t, s, product, 0, 0)
	})
	t.Run("set what cannot be", func(t *testing.T) {
		t.Parallel()
		for name, bad := range map[string]struct {
			product string
			onHand  int64
			field   string
		}{
			"negative":   {newProduct(), -1, "on_hand"},
			"too many":   {newProduct(), inventory.MaxOnHand + 1, "on_hand"},
			"no id":      {"nonsense", 1, "product_id"},
			"other kind": {newOrder(), 1, "product_id"},
		} {
			_, _, err := s.SetOnHand(t.Context(), bad.product, bad.onHand)
			require.Equal(t, fault.Invalid, fault.KindOf(err), name)
			require.Equal(t, bad.field, fault.From(err).Field, name)
			_, err = s.Get(t.Context(), bad.product)
			require.ErrorIs(t, err, inventory.ErrNotFound, name)
		}
	})
	t.Run("set not below what orders hold", func(t *testing.T) {
		t.Parallel()
		product := stocked(t, s, 5)
		held(t, s, long, lines(product, 3)...)
		_, _, err := s.SetOnHand(t.Context(), product, 2)
		require.ErrorIs(t, err, inventory.ErrBelowReserved)
		requireCounts(t, s, product, 5, 3)
		_, _, err = s.SetOnHand(t.Context(), product, 3)
		require.NoError(t, err)
		requireCounts(t, s, product, 3, 3)
	})
	t.Run("get what is not there", func(t *testing.T) {
		t.Parallel()
		for _, product := range []string{newProduct(), newOrder(), "nonsense", ""} {
			_, err := s.Get(t.Context(), product)
			require.ErrorIs(t, err, inventory.ErrNotFound)
		}
	})
	t.Run("list gives those that are there", func(t *testing.T) {
		t.Parallel()
		a, b := stocked(t, s, 1), stocked(t, s, 2)
		got, err := s.List(t.Context(), []string{a, newProduct(), "nonsense", b, a})
		require.NoError(t, err)
		require.Len(t, got, 2)
		require.Equal(t, int64(1), got[a].OnHand)
		require.Equal(t, int64(2), got[b].OnHand)

		got, err = s.List(t.Context(), nil)
		require.NoError(t, err)
		require.Empty(t, got)
	})
}
