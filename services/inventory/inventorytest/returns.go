package inventorytest

import (
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/inventory"
)

func newRefund() string { return inventory.RefundIDPrefix.New() }

func giveBack(t *testing.T, s inventory.Service, order, refund string, ls ...inventory.Line) (inventory.Return, error) {
	t.Helper()
	return s.ReturnStock(t.Context(), inventory.ReturnRequest{OrderID: order, RefundID: refund, Lines: ls})
}

// bought returns a new order that bought the lines.
func bought(t *testing.T, s inventory.Service, ls ...inventory.Line) string {
	t.Helper()
	order := held(t, s, long, ls...)
	_, err := commit(t, s, order)
	require.NoError(t, err)
	return order
}

func testReturn(t *testing.T, s inventory.Service) {
	t.Run("puts units on hand", func(t *testing.T) {
		t.Parallel()
		a, b := stocked(t, s, 5), stocked(t, s, 5)
		order := bought(t, s, append(lines(a, 3), lines(b, 2)...)...)
		first, second := newRefund(), newRefund()
		var results [2]inventory.Return
		for i := range results { // done again it is done once
			var err error
			results[i], err = giveBack(t, s, order, first, append(lines(b, 1), lines(a, 1, 1)...)...)
			require.NoError(t, err)
			requireCounts(t, s, a, 4, 0)
			requireCounts(t, s, b, 4, 0)
		}
		require.Equal(t, results[0], results[1])
		require.WithinDuration(t, time.Now(), results[0].CreatedAt, time.Minute)
		require.Equal(t, inventory.Return{
			RefundID: first, OrderID: order, CreatedAt: results[0].CreatedAt,
			Lines: []inventory.Line{{ProductID: a, Quantity: 2}, {ProductID: b, Quantity: 1}},
		}, results[0], "added up, by product id")

		rest, err := giveBack(t, s, order, second)
		require.NoError(t, err)
		require.Equal(t, []inventory.Line{{ProductID: a, Quantity: 1}, {ProductID: b, Quantity: 1}}, rest.Lines, "all that is left")
		requireCounts(t, s, a, 5, 0)
		requireCounts(t, s, b, 5, 0)
		again, err := giveBack(t, s, order, second)
		require.NoError(t, err)
		require.Equal(t, rest, again)
		_, err = giveBack(t, s, order, newRefund())
		require.ErrorIs(t, err, inventory.ErrReturnTooMany, "nothing is left")
		requireState(t, s, order, inventory.Sold)

		all, err := s.ListReturns(t.Context(), order)
		require.NoError(t, err)
		require.Equal(t, []inventory.Return{results[0], rest}, all)
	})
	t.Run("all lines or none, and no more than was bought", func(t *testing.T) {
		t.Parallel()
		a, b, other := stocked(t, s, 5), stocked(t, s, 5), stocked(t, s, 5)
		order := bought(t, s, append(lines(a, 2), lines(b, 2)...)...)
		for name, ls := range map[string][]inventory.Line{
			"more of one":          append(lines(a, 1), lines(b, 3)...),
			"more in sum":          lines(a, 1, 1, 1),
			"of another product":   append(lines(a, 1), lines(other, 1)...),
			"of no product":        append(lines(a, 1), lines("nonsense", 1)...),
			"more than can be":     lines(a, 1<<62, 1<<62, 1<<62),
			"of two that are none": append(lines("nonsense", 1), lines("", 1)...),
		} {
			_, err := giveBack(t, s, order, newRefund(), ls...)
			require.ErrorIs(t, err, inventory.ErrReturnTooMany, name)
		}
		requireCounts(t, s, a, 3, 0)
		requireCounts(t, s, b, 3, 0)
		requireCounts(t, s, other, 5, 0)
	})
	t.Run("another request with the same id is a mismatch", func(t *testing.T) {
		t.Parallel()
		product := stocked(t, s, 10)
		order, other, refund := bought(t, s, lines(product, 3)...), bought(t, s, lines(product, 3)...), newRefund()
		_, err := giveBack(t, s, order, refund, lines(product, 1)...)
		require.NoError(t, err)
		for _, ls := range [][]inventory.Line{lines(product, 2), nil, append(lines(product, 1), lines(newProduct(), 1)...)} {
			_, err = giveBack(t, s, order, refund, ls...)
			require.ErrorIs(t, err, inventory.ErrMismatch)
		}
		_, err = giveBack(t, s, other, refund, lines(product, 1)...)
		require.ErrorIs(t, err, inventory.ErrMismatch, "of another order")
		requireCounts(t, s, product, 5, 0)
	})
	t.Run("a reversal takes what is left, and agrees with what was asked for", func(t *testing.T) {
		t.Parallel()
		product := stocked(t, s, 10)
		reverse := func(order, refund string) (inventory.Return, error) {
			return s.ReturnStock(t.Context(), inventory.ReturnRequest{OrderID: order, RefundID: refund, Reversal: true})
		}
		order, first, second := bought(t, s, lines(product, 3)...), newRefund(), newRefund()
		part, err := giveBack(t, s, order, first, lines(product, 1)...)
		require.NoError(t, err)
		again, err := reverse(order, first)
		require.NoError(t, err)
		require.Equal(t, part, again)
		for range 2 {
			rest, err := reverse(order, second)
			require.NoError(t, err)
			require.Equal(t, lines(product, 2), rest.Lines)
			requireCounts(t, s, product, 10, 0)
		}
		for _, asked := range []string{newRefund(), newRefund()} {
			for range 2 {
				nothing, err := reverse(order, asked)
				require.NoError(t, err)
				require.Equal(t, inventory.Return{RefundID: asked, OrderID: order}, nothing)
			}
		}
		all, err := s.ListReturns(t.Context(), order)
		require.NoError(t, err)
		require.Len(t, all, 2, "of nothing, nothing is kept")
		_, err = reverse(bought(t, s, lines(product, 1)...), first)
		require.ErrorIs(t, err, inventory.ErrMismatch, "of another order")
		_, err = s.ReturnStock(t.Context(), inventory.ReturnRequest{OrderID: order, RefundID: newRefund(), Reversal: true, Lines: lines(product, 1)})
		require.Equal(t, "lines", fault.From(err).Field)
	})
	t.Run("not what is not sold", func(t *testing.T) {
		t.Parallel()
		product := stocked(t, s, 5)
		refused := newOrder()
		_, err := reserve(t, s, refused, long, lines(product, 6)...)
		require.ErrorIs(t, err, inventory.ErrInsufficient)
		undone := held(t, s, long, lines(product, 1)...)
		_, err = release(t, s, undone)
		require.NoError(t, err)
		for _, order := range []string{newOrder(), refused, undone} {
			_, err = giveBack(t, s, order, newRefund(), lines(product, 1)...)
			require.ErrorIs(t, err, inventory.ErrNotSold)
		}
		early, refund := held(t, s, long, lines(product, 1)...), newRefund()
		_, err = giveBack(t, s, early, refund, lines(product, 1)...)
		require.ErrorIs(t, err, inventory.ErrNotSoldYet)
		require.False(t, fault.KindOf(err).Definite(), "the commit may come")
		_, err = commit(t, s, early)
		require.NoError(t, err)
		_, err = giveBack(t, s, early, refund, lines(product, 1)...)
		require.NoError(t, err)
		requireCounts(t, s, product, 5, 0)
	})
	t.Run("what came back is sold again", func(t *testing.T) {
		t.Parallel()
		product := stocked(t, s, 2)
		order := bought(t, s, lines(product, 2)...)
		_, err := giveBack(t, s, order, newRefund(), lines(product, 1)...)
		require.NoError(t, err)
		bought(t, s, lines(product, 1)...)
		_, err = reserve(t, s, newOrder(), long, lines(product, 1)...)
		require.ErrorIs(t, err, inventory.ErrInsufficient)
		_, err = commit(t, s, order)
		require.NoError(t, err, "committed late, it stays as it was")
		_, err = release(t, s, order)
		require.ErrorIs(t, err, inventory.ErrSold)
		requireCounts(t, s, product, 0, 0)
	})
	t.Run("of what cannot be", func(t *testing.T) {
		t.Parallel()
		for field, r := range map[string]inventory.ReturnRequest{
			"order_id":          {OrderID: "nonsense", RefundID: newRefund()},
			"refund_id":         {OrderID: newOrder(), RefundID: newOrder()},
			"lines[1].quantity": {OrderID: newOrder(), RefundID: newRefund(), Lines: lines(newProduct(), 1, 0)},
		} {
			_, err := s.ReturnStock(t.Context(), r)
			require.Equal(t, fault.Invalid, fault.KindOf(err))
			require.Equal(t, field, fault.From(err).Field)
		}
		for _, order := range []string{"nonsense", newOrder()} {
			all, err := s.ListReturns(t.Context(), order)
			require.NoError(t, err)
			require.Empty(t, all)
		}
	})
}

// testReturnContention lets returns of many orders race, each twice, while others
// hold what came back.
func testReturnContention(t *testing.T, s inventory.Service) {
	const (
		orders = 16
		units  = 6 // an order, of each product
	)
	a, b := stocked(t, s, orders*units), stocked(t, s, orders*units)
	var all [orders]string
	for i := range all {
		all[i] = bought(t, s, append(lines(a, units), lines(b, units)...)...)
	}
	requireCounts(t, s, a, 0, 0)
	var back, resold atomic.Int64
	type ask struct {
		order, refund string
		lines         []inventory.Line
	}
	var asks []ask
	for _, order := range all {
		for range 5 { // of 2 of each: only three fit
			one := ask{order, newRefund(), append(lines(b, 1, 1), lines(a, 2)...)}
			asks = append(asks, one, one)
		}
	}
	rand.Shuffle(len(asks), func(i, j int) { asks[i], asks[j] = asks[j], asks[i] })
	answers := make([]error, len(asks))
	race(len(asks), func(i int) {
		_, answers[i] = giveBack(t, s, asks[i].order, asks[i].refund, asks[i].lines...)
		if i%8 == 0 {
			if _, err := reserve(t, s, newOrder(), long, lines(a, 1)...); err == nil {
				resold.Add(1)
			} else {
				assert.ErrorIs(t, err, inventory.ErrInsufficient)
			}
		}
	})
	verdicts := map[string]error{}
	for i, one := range asks {
		if answers[i] != nil {
			require.ErrorIs(t, answers[i], inventory.ErrReturnTooMany)
		}
		first, known := verdicts[one.refund]
		if !known {
			verdicts[one.refund] = answers[i]
			if answers[i] == nil {
				back.Add(2)
			}
			continue
		}
		require.Equal(t, first == nil, answers[i] == nil, "a return with two answers")
	}
	require.EqualValues(t, orders*units, back.Load())
	requireCounts(t, s, a, orders*units, resold.Load())
	requireCounts(t, s, b, orders*units, 0)

	t.Run("the same refund of two orders", func(t *testing.T) {
		product := stocked(t, s, 100)
		for range 25 {
			two, refund := [2]string{bought(t, s, lines(product, 1)...), bought(t, s, lines(product, 1)...)}, newRefund()
			var errs [2]error
			race(2, func(i int) { _, errs[i] = giveBack(t, s, two[i], refund, lines(product, 1)...) })
			require.NotEqual(t, errs[0] == nil, errs[1] == nil)
			require.ErrorIs(t, errors.Join(errs[0], errs[1]), inventory.ErrMismatch)
		}
	})
}
