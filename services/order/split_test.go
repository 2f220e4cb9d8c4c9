package order_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldhq/skald/services/order"
)

// TestSplitIsExact: whatever is refunded, and whatever of that is refused again,
// the sums never exceed the total, and are the total when nothing is left.
func TestSplitIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) order.Bought {
			b := order.Bought{
				ProductID: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "product"),
				Quantity:  rapid.Int64Range(1, 5).Draw(t, "quantity"), UnitPrice: rapid.Int64Range(0, 50).Draw(t, "unit price"),
			}
			b.Total = max(b.Quantity*b.UnitPrice+rapid.SampledFrom([]int64{0, 0, -3, 3}).Draw(t, "rounding"), 0)
			return b
		}), 1, 4).Draw(t, "items")
		var total int64
		for _, item := range items {
			total += item.Total
		}
		total = max(total+rapid.SampledFrom([]int64{0, 0, -7, 7}).Draw(t, "discount or shipping"), 0)
		left, done := total, [][]order.Part{}
		take := func(parts []order.Part, sign int64) {
			for _, part := range parts {
				items[part.Item].RefundedQuantity += sign * part.Quantity
				items[part.Item].RefundedAmount += sign * part.Amount
				left -= sign * part.Amount
			}
		}
		free := func(product string) (units int64) {
			for _, item := range items {
				if product == "" || item.ProductID == product {
					units += item.Quantity - item.RefundedQuantity
				}
			}
			return units
		}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			if len(done) > 0 && rapid.IntRange(0, 3).Draw(t, "refuse") == 0 {
				i := rapid.IntRange(0, len(done)-1).Draw(t, "which")
				take(done[i], -1)
				done = append(done[:i], done[i+1:]...)
				continue
			}
			var lines []order.RefundLine
			tooMany := free("") == 0
			for _, product := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 2, rapid.ID).Draw(t, "products") {
				quantity := rapid.Int64Range(1, 6).Draw(t, "units")
				lines = append(lines, order.RefundLine{ProductID: product, Quantity: quantity})
				tooMany = tooMany || quantity > free(product)
			}
			parts, err := order.Split(items, left, lines)
			if tooMany {
				require.ErrorIs(t, err, order.ErrRefundTooMany)
				continue
			}
			require.NoError(t, err)
			units := map[string]int64{}
			for _, part := range parts {
				require.Positive(t, part.Quantity)
				require.GreaterOrEqual(t, part.Amount, int64(0))
				units[items[part.Item].ProductID] += part.Quantity
			}
			for _, line := range lines {
				require.Equal(t, line.Quantity, units[line.ProductID])
			}
			take(parts, 1)
			done = append(done, parts)
			require.GreaterOrEqual(t, left, int64(0))
			for _, item := range items {
				require.LessOrEqual(t, item.RefundedQuantity, item.Quantity)
			}
		}
		if free("") > 0 {
			parts, err := order.Split(items, left, nil)
			require.NoError(t, err)
			take(parts, 1)
			require.Zero(t, left, "the last refund takes the rest of the total")
		}
	})
}

// TestSplit: units come from the first items that have them, at their prices.
func TestSplit(t *testing.T) {
	t.Parallel()
	items := []order.Bought{
		{ProductID: "a", Quantity: 2, UnitPrice: 100, Total: 200, RefundedQuantity: 1, RefundedAmount: 100},
		{ProductID: "b", Quantity: 3, UnitPrice: 33, Total: 100},
		{ProductID: "a", Quantity: 2, UnitPrice: 90, Total: 180},
		{ProductID: "c", Quantity: 1 << 40, UnitPrice: 1 << 40, Total: 50}, // no prices of ours, and no overflow
	}
	for name, test := range map[string]struct {
		lines []order.RefundLine
		want  []order.Part
	}{
		"one":           {[]order.RefundLine{{"b", 1}}, []order.Part{{1, 1, 33}}},
		"all of a line": {[]order.RefundLine{{"b", 3}}, []order.Part{{1, 3, 100}}},
		"two items":     {[]order.RefundLine{{"a", 2}}, []order.Part{{0, 1, 100}, {2, 1, 90}}},
		"the same line": {[]order.RefundLine{{"a", 1}, {"a", 1}}, []order.Part{{0, 1, 100}, {2, 1, 90}}},
		"large":         {[]order.RefundLine{{"c", 1 << 39}}, []order.Part{{3, 1 << 39, 50}}},
		"all":           {nil, []order.Part{{0, 1, 100}, {1, 3, 100}, {2, 2, 180}, {3, 1 << 40, 55}}},
		"too many":      {[]order.RefundLine{{"b", 1}, {"a", 4}}, nil},
		"not bought":    {[]order.RefundLine{{"d", 1}}, nil},
	} {
		parts, err := order.Split(items, 435, test.lines)
		require.Equal(t, test.want, parts, name)
		if test.want == nil {
			require.ErrorIs(t, err, order.ErrRefundTooMany, name)
		} else {
			require.NoError(t, err, name)
		}
	}
}
