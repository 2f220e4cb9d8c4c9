package workers

import (
	"context"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/workflows"
)

// PaymentDispatcher makes sure that the sagas of payments of their own run, and
// those of their refunds: what a front door claimed and did not live to start, and
// what was cut off. Any number of dispatchers may run.
type PaymentDispatcher struct {
	payments      payment.Own
	temporal      client.Client
	actionTimeout time.Duration
}

// NewPaymentDispatcher returns a dispatcher; actionTimeout is how long a customer
// has to confirm a payment.
func NewPaymentDispatcher(c client.Client, s payment.Own, actionTimeout time.Duration) *PaymentDispatcher {
	return &PaymentDispatcher{payments: s, temporal: c, actionTimeout: actionTimeout}
}

// Dispatch makes sure that the sagas of payments run that have not ended.
func (d *PaymentDispatcher) Dispatch(ctx context.Context) (int, error) {
	id := func(p payment.Payment) string { return p.ID }
	return goingOn(drive(ctx, leftovers[payment.Payment]{"payments", d.payments.PaymentsLeft, id, func(ctx context.Context, p payment.Payment) error {
		return workflows.StartTakePaymentAgain(ctx, d.temporal, p, d.actionTimeout)
	}}))
}

// DispatchRefunds makes sure of the same of refunds.
func (d *PaymentDispatcher) DispatchRefunds(ctx context.Context) (int, error) {
	id := func(r payment.Refund) string { return r.ID }
	return goingOn(drive(ctx, leftovers[payment.Refund]{"refunds of payments", d.payments.RefundsLeft, id, func(ctx context.Context, r payment.Refund) error {
		return workflows.StartRefundTakenPayment(ctx, d.temporal, r)
	}}))
}
