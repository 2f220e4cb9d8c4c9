package money_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldhq/skald/internal/money"
)

// TestArithmetic: the result is the exact one, or an error where that does not
// fit.
func TestArithmetic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		sum, err := money.New(a, "EUR").Plus(money.New(b, "EUR"))
		exact := new(big.Int).Add(big.NewInt(a), big.NewInt(b))
		require.Equal(t, exact.IsInt64(), err == nil)
		if err == nil {
			require.Equal(t, exact.Int64(), sum.Amount)
		}
		product, err := money.New(a, "EUR").Times(b)
		exact = new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
		require.Equal(t, a >= 0 && b >= 0 && exact.IsInt64(), err == nil)
		if err == nil {
			require.Equal(t, money.New(exact.Int64(), "EUR"), product)
		}
	})
	_, err := money.New(math.MaxInt64, "EUR").Times(2)
	require.ErrorIs(t, err, money.ErrOverflow)
	_, err = money.New(1, "EUR").Plus(money.New(1, "USD"))
	require.ErrorIs(t, err, money.ErrCurrency)
}

func TestIsCurrency(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{"EUR": true, "": false, "eur": false, "EURO": false, "E1R": false, "EU-": false, "€": false} {
		require.Equal(t, want, money.IsCurrency(code), code)
	}
}
