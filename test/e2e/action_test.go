package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack/stacktest"
)

// TestCustomerAction: the customer has to confirm the payment at the provider.
func TestCustomerAction(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, act, status, code string
		effects                 []string
	}{
		{"confirmed", "complete", "confirmed", "", []string{"authorize", "capture"}},
		{"failed", "fail", "rejected", "payment_declined", nil},
		{"timed out", "", "rejected", "payment_action_timeout", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			product := b.Product(2500, 4)
			asked := time.Now()
			a := b.Buy(b.Basket(product, 1, authenticated), http.StatusAccepted)
			require.Equal(t, "awaiting_payment", a.Order.Status)
			require.NotNil(t, a.Order.NextAction)
			require.WithinRange(t, a.Order.NextAction.ExpiresAt, // whole milliseconds
				asked.Add(stacktest.ActionTimeout-time.Millisecond), time.Now().Add(stacktest.ActionTimeout))
			require.Equal(t, stacktest.Stock{OnHand: 4, Reserved: 1, Available: 3}, b.StockOf(product))
			if tc.act != "" {
				b.Act(a.Order, tc.act)
			}
			o := b.Await(a.Order.ID, tc.status)
			require.Nil(t, o.NextAction)
			if tc.status == "confirmed" {
				require.Equal(t, tc.effects, b.Effects(o.ID))
				return
			}
			require.Equal(t, tc.code, o.Failure.Code)
			require.Equal(t, stacktest.Stock{OnHand: 4, Available: 4}, b.StockOf(product))
			require.Empty(t, b.Effects(o.ID)) // there was nothing to give back
		})
	}
}
