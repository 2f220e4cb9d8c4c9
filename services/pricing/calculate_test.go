package pricing_test

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/pricing"
)

func TestDiscountOff(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		base        int64
		basisPoints int
		want        int64
	}{
		{1000, 2500, 750},
		{999, 5000, 500}, // 499.5
		{1, 5000, 1},     // 0.5
		{1, 5001, 0},     // 0.4999
		{1999, 1, 1999},  // 1998.8001
		{0, 1, 0},
		{1999, 10_000, 0},
		{math.MaxInt64, 10_000, 0},
		{math.MaxInt64, 1, 9222449699651090329}, // 9222449699651090329.4193
	} {
		t.Run(fmt.Sprintf("%d off %d", tt.basisPoints, tt.base), func(t *testing.T) {
			t.Parallel()
			got := pricing.Discount{BasisPoints: tt.basisPoints}.Off(money.New(tt.base, "EUR"))
			require.Equal(t, money.New(tt.want, "EUR"), got)
		})
	}
}

func TestDiscountOffIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.Int64Range(0, math.MaxInt64).Draw(t, "base")
		basisPoints := rapid.IntRange(1, 10_000).Draw(t, "basis points")

		got := pricing.Discount{BasisPoints: basisPoints}.Off(money.New(base, "EUR"))

		// floor((base × (10000 − basis points) + 5000) ÷ 10000)
		want := new(big.Int).Mul(big.NewInt(base), big.NewInt(int64(10_000-basisPoints)))
		want.Add(want, big.NewInt(5_000)).Div(want, big.NewInt(10_000))
		require.Equal(t, want.Int64(), got.Amount)
		require.GreaterOrEqual(t, got.Amount, int64(0))
		require.LessOrEqual(t, got.Amount, base)
	})
}

func TestCalculate(t *testing.T) {
	t.Parallel()
	prices := map[string]pricing.Price{}
	for product, current := range map[string]money.Money{
		"a": money.New(100, "EUR"), "b": money.New(250, "EUR"), "free": money.New(0, "EUR"),
		"dear": money.New(pricing.MaxTotal, "EUR"), "dollars": money.New(100, "USD"),
	} {
		prices[product] = pricing.Price{ProductID: product, Current: current}
	}
	for name, tt := range map[string]struct {
		currency string
		items    []pricing.Item
		total    int64
		err      error
	}{
		"sum":                   {"", []pricing.Item{{"a", 2}, {"b", 3}, {"a", 1}}, 1050, nil},
		"asked currency":        {"EUR", []pricing.Item{{"a", 2}}, 200, nil},
		"free":                  {"", []pricing.Item{{"free", math.MaxInt64}}, 0, nil},
		"the largest":           {"", []pricing.Item{{"dear", 1}, {"free", 1}}, pricing.MaxTotal, nil},
		"too large":             {"", []pricing.Item{{"dear", 1}, {"a", 1}}, 0, pricing.ErrTooLarge},
		"line overflows":        {"", []pricing.Item{{"a", math.MaxInt64}}, 0, pricing.ErrTooLarge},
		"sum overflows":         {"", []pricing.Item{{"a", math.MaxInt64 / 100}, {"a", math.MaxInt64 / 100}}, 0, pricing.ErrTooLarge},
		"unknown product":       {"", []pricing.Item{{"a", 1}, {"?", 1}}, 0, pricing.ErrNotFound},
		"unknown, and too much": {"", []pricing.Item{{"a", math.MaxInt64}, {"?", 1}}, 0, pricing.ErrNotFound},
		"mixed currencies":      {"", []pricing.Item{{"a", 1}, {"dollars", 1}}, 0, pricing.ErrCurrency},
		"other currency":        {"USD", []pricing.Item{{"a", 1}}, 0, pricing.ErrCurrency},
		"no currency there is":  {"eur", []pricing.Item{{"a", 1}}, 0, pricing.ErrCurrency},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q, err := pricing.Calculate(pricing.QuoteRequest{OrderID: "o", Currency: tt.currency, Items: tt.items}, prices)
			require.ErrorIs(t, err, tt.err)
			if tt.err != nil {
				return
			}
			require.Equal(t, "o", q.OrderID)
			require.Equal(t, money.New(tt.total, "EUR"), q.Total)
			require.Len(t, q.Lines, len(tt.items))
			for i, line := range q.Lines {
				require.Equal(t, tt.items[i], pricing.Item{ProductID: line.ProductID, Quantity: line.Quantity})
			}
		})
	}
}
