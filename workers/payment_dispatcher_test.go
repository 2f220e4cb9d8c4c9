package workers_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/workers"
	"github.com/skaldhq/skald/workflows"
)

// unpaid are payments of their own, and refunds of such, that have not ended.
type unpaid struct{ payment.Own }

func (unpaid) PaymentsLeft(context.Context, time.Duration, int) ([]payment.Payment, error) {
	return []payment.Payment{{ID: "pay_1"}, {ID: "pay_2", UserID: "usr_1", Amount: money.New(1, "EUR"), Method: "pm_card_visa"}}, nil
}

func (unpaid) RefundsLeft(context.Context, time.Duration, int) ([]payment.Refund, error) {
	return []payment.Refund{{ID: "rfd_1", PaymentID: "pay_3"}}, nil
}

// TestPaymentDispatcher: what has not ended is started, whatever became of an
// earlier run; one that cannot be holds up no other, and none is asked for at once
// again.
func TestPaymentDispatcher(t *testing.T) {
	t.Parallel()
	c := &starts{broken: "payment/pay_1", inputs: map[string]any{}}
	d := workers.NewPaymentDispatcher(c, unpaid{}, time.Minute)
	n, err := d.Dispatch(t.Context())
	require.ErrorContains(t, err, "pay_1")
	require.Zero(t, n)
	n, err = d.DispatchRefunds(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
	require.Equal(t, map[string]any{
		"payment/pay_2": workflows.TakePaymentInput{
			PaymentID: "pay_2", UserID: "usr_1", Amount: money.New(1, "EUR"), Method: "pm_card_visa", ActionTimeout: time.Minute, Again: true,
		},
		"payment-refund/rfd_1": workflows.RefundTakenPaymentInput{PaymentID: "pay_3", RefundID: "rfd_1"},
	}, c.inputs)
}
