// Package money is an amount in minor units of a currency.
package money

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strings"
)

// Money is an amount in minor units (cents for EUR) and an ISO 4217 code.
type Money struct {
	Amount   int64  `json:"amount" doc:"Amount in minor units of the currency" example:"1999"`
	Currency string `json:"currency" doc:"ISO 4217 code" example:"EUR" pattern:"^[A-Z]{3}$" minLength:"3" maxLength:"3"`
}

// ErrOverflow is returned where a result does not fit into an int64.
var ErrOverflow = errors.New("amount overflows")

// ErrCurrency is returned where two amounts are of different currencies.
var ErrCurrency = errors.New("currencies differ")

// New returns an amount of minor units.
func New(amount int64, currency string) Money { return Money{Amount: amount, Currency: currency} }

// IsCurrency reports whether code is of the form of an ISO 4217 code.
func IsCurrency(code string) bool {
	return len(code) == 3 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// Times multiplies by a quantity.
func (m Money) Times(n int64) (Money, error) {
	if m.Amount < 0 || n < 0 {
		return Money{}, fmt.Errorf("multiply %d by %d: negative", m.Amount, n)
	}
	hi, lo := bits.Mul64(uint64(m.Amount), uint64(n))
	if hi != 0 || lo > math.MaxInt64 {
		return Money{}, ErrOverflow
	}
	return Money{Amount: int64(lo), Currency: m.Currency}, nil
}

// Plus adds an amount of the same currency.
func (m Money) Plus(o Money) (Money, error) {
	if m.Currency != o.Currency {
		return Money{}, ErrCurrency
	}
	if (o.Amount > 0 && m.Amount > math.MaxInt64-o.Amount) || (o.Amount < 0 && m.Amount < math.MinInt64-o.Amount) {
		return Money{}, ErrOverflow
	}
	return Money{Amount: m.Amount + o.Amount, Currency: m.Currency}, nil
}

// IsZero reports whether there is neither amount nor currency.
func (m Money) IsZero() bool { return m == Money{} }

// String gives minor units and currency: "1999 EUR".
func (m Money) String() string { return fmt.Sprintf("%d %s", m.Amount, m.Currency) }
