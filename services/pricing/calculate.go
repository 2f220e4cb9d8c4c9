package pricing

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/skaldhq/skald/internal/money"
)

// whole is 100 % in basis points.
const whole = 10_000

// Off takes the discount off a base price: base × (1 − basis points ÷ 10000),
// rounded half up to a minor unit. It asks no clock.
func (d Discount) Off(base money.Money) money.Money {
	hi, lo := bits.Mul64(uint64(base.Amount), uint64(whole-d.BasisPoints)) //nolint:gosec // neither is negative: see Validate
	lo, carry := bits.Add64(lo, whole/2, 0)
	amount, _ := bits.Div64(hi+carry, lo, whole)   // fits: no more than base
	return money.New(int64(amount), base.Currency) //nolint:gosec // no more than base
}

// Calculate prices a request at the current prices, by product id. ErrNotFound
// (a product without a price), ErrCurrency, ErrTooLarge.
func Calculate(r QuoteRequest, prices map[string]Price) (Quote, error) {
	for _, item := range r.Items {
		if _, ok := prices[item.ProductID]; !ok {
			return Quote{}, ErrNotFound
		}
	}
	currency := r.Currency
	if currency == "" && len(r.Items) > 0 {
		currency = prices[r.Items[0].ProductID].Current.Currency
	}
	q := Quote{OrderID: r.OrderID, Lines: make([]Line, 0, len(r.Items)), Total: money.New(0, currency)}
	for _, item := range r.Items {
		line := Line{ProductID: item.ProductID, Quantity: item.Quantity, UnitPrice: prices[item.ProductID].Current}
		var err error
		if line.Total, err = line.UnitPrice.Times(item.Quantity); err != nil {
			return Quote{}, refusal(err)
		}
		if q.Total, err = q.Total.Plus(line.Total); err != nil {
			return Quote{}, refusal(err)
		}
		q.Lines = append(q.Lines, line)
	}
	if q.Total.Amount > MaxTotal {
		return Quote{}, ErrTooLarge
	}
	return q, nil
}

// refusal is the answer to an order whose amounts do not add up.
func refusal(err error) error {
	switch {
	case errors.Is(err, money.ErrOverflow):
		return ErrTooLarge
	case errors.Is(err, money.ErrCurrency):
		return ErrCurrency
	default:
		return fmt.Errorf("add up items: %w", err)
	}
}
