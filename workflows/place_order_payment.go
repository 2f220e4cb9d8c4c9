package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
)

// authorize holds the total. Where the provider wants the customer to act
// (3-D Secure), it waits until the provider has news, and asks again; the
// customer's time is the saga's deadline from then on.
func authorize(ctx workflow.Context, r *run, p *placement) error {
	request := payment.AuthorizeRequest{
		OrderID: p.in.OrderID, UserID: p.in.UserID, Amount: p.quote.Total, Method: p.in.PaymentMethod,
	}
	for {
		if err := workflow.ExecuteActivity(ctx, payments.AuthorizePayment, request).Get(ctx, &p.payment); err != nil {
			return err
		}
		if p.payment.Status != payment.RequiresAction {
			return nil
		}
		if p.status != order.AwaitingPayment {
			if err := p.askCustomer(ctx, r); err != nil {
				return err
			}
		}
		if err := r.Wait(ctx, "AuthorizePayment", func() error { return awaitNews(ctx) }); err != nil {
			return err
		}
	}
}

// askCustomer tells the client where the customer confirms the payment, and
// until when.
func (p *placement) askCustomer(ctx workflow.Context, r *run) error {
	r.SetDeadline(p.in.ActionTimeout)
	expires := workflow.Now(ctx).Add(p.in.ActionTimeout).UTC().Truncate(time.Millisecond)
	err := p.transition(record.On(ctx, "the customer has to act"), order.Transition{
		To:        order.AwaitingPayment,
		Action:    &order.Action{Type: "redirect", URL: p.payment.ActionURL, ExpiresAt: expires},
		SagaState: order.SagaWaiting,
	})
	if err != nil {
		return err
	}
	p.answered = true
	return nil
}

// awaitNews waits for the provider's webhook, or for the time to ask without
// one. A duplicate or early webhook only makes the saga ask once more.
func awaitNews(ctx workflow.Context) error {
	workflow.GetSignalChannel(ctx, SignalPaymentUpdated).ReceiveWithTimeout(ctx, actionPoll, nil)
	return ctx.Err()
}
