package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/workflows"
)

func money1999() money.Money { return money.New(1999, "EUR") }

// until gives requires_action to the first n authorizations, then a status.
func until(n int, then payment.Status) func(int) payment.Status {
	return func(i int) payment.Status {
		if i <= n {
			return payment.RequiresAction
		}
		return then
	}
}

// TestCustomerAction: the customer has to confirm the payment (3-D Secure).
func TestCustomerAction(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name      string
		authorize func(int) payment.Status
		webhooks  []time.Duration
		status    order.Status
		code      string
		took      time.Duration // at most
	}{
		{"confirmed", until(1, payment.Authorized), []time.Duration{20 * time.Second}, order.Confirmed, "", 21 * time.Second},
		{"webhook comes early and twice", until(2, payment.Authorized), []time.Duration{0, 0, 20 * time.Second}, order.Confirmed, "", 21 * time.Second},
		{"webhook is lost", until(1, payment.Authorized), nil, order.Confirmed, "", 31 * time.Second},
		{"failed by the customer", until(1, payment.Declined), []time.Duration{20 * time.Second}, order.Rejected, "payment_declined", 21 * time.Second},
		{"never confirmed", until(always, ""), nil, order.Rejected, "payment_action_timeout", 61 * time.Second},
		{"news of nothing", until(always, ""), []time.Duration{time.Second, 2 * time.Second}, order.Rejected, "payment_action_timeout", 61 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w, env := setup(t)
			w.authorize = tc.authorize
			for _, at := range tc.webhooks {
				env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflows.SignalPaymentUpdated, nil) }, at)
			}
			start := env.Now()
			require.Equal(t, tc.status, place(t, env).Status)
			require.LessOrEqual(t, env.Now().Sub(start), tc.took)
			begin := []string{"ReserveStock", "AuthorizePayment", "→awaiting_payment"}
			if tc.status == order.Confirmed {
				require.Equal(t, append(begin, "CapturePayment"), w.effects()[:4])
				return
			}
			require.Equal(t, append(begin, "VoidPayment", "ReleaseStock", "→rejected"), w.effects())
			require.Equal(t, tc.code, w.final.Failure.Code)
			require.Equal(t, "AuthorizePayment", w.final.Failure.Step)
		})
	}
}
