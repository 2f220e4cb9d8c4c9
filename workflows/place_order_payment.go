package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/workflows/saga"
)

// authorize holds the total. Where the provider wants the customer to act
// (3-D Secure), it waits until the provider has news, and asks again; the
// customer's time is the saga's deadline from then on.
func authorize(ctx workflow.Context, r *run, p *placement) error {
	if err := p.askProvider(ctx); err != nil || p.payment.Status != payment.RequiresAction {
		return err
	}
	if err := p.askCustomer(ctx, r); err != nil {
		return err
	}
	if p.in.Revision == 0 {
		return p.awaitCustomerRevision0(ctx, r)
	}
	return awaitCustomer(ctx, r, &p.payment, p.askProvider)
}

// awaitCustomer waits until a payment needs the customer no more: ask learns how
// it stands, with each news of the provider, and now and then without.
func awaitCustomer[S any](ctx workflow.Context, r *saga.Run[S], stands *payment.Result, ask func(workflow.Context) error) error {
	return r.Wait(ctx, "AuthorizePayment", func(ctx workflow.Context) error {
		for pause := actionPoll; stands.Status == payment.RequiresAction; pause = min(2*pause, mostActionPoll) {
			if err := awaitNews(ctx, pause); err != nil {
				return err
			}
			if err := ask(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// awaitCustomerRevision0 is the wait of a run that began before Revision 1.
func (p *placement) awaitCustomerRevision0(ctx workflow.Context, r *run) error {
	for p.payment.Status == payment.RequiresAction {
		if err := r.Wait(ctx, "AuthorizePayment", func(ctx workflow.Context) error { return awaitNews(ctx, actionPoll) }); err != nil {
			return err
		}
		if err := p.askProvider(ctx); err != nil {
			return err
		}
	}
	return nil
}

// askProvider authorizes, or learns what became of it.
func (p *placement) askProvider(ctx workflow.Context) error {
	return workflow.ExecuteActivity(ctx, payments.AuthorizePayment, payment.AuthorizeRequest{
		OrderID: p.in.OrderID, UserID: p.in.UserID, Amount: p.quote.Total, Method: p.in.PaymentMethod,
	}).Get(ctx, &p.payment)
}

// askCustomer tells the client that the customer has to confirm the payment,
// and until when. Where, is not for a history to keep: the payment service
// tells that.
func (p *placement) askCustomer(ctx workflow.Context, r *run) error {
	r.SetDeadline(p.in.ActionTimeout)
	expires := workflow.Now(ctx).Add(p.in.ActionTimeout).UTC().Truncate(time.Millisecond)
	err := p.move(record.On(ctx, "the customer has to act"), r, order.Transition{
		To:        order.AwaitingPayment,
		Action:    &order.Action{Type: "redirect", ExpiresAt: expires},
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
func awaitNews(ctx workflow.Context, pause time.Duration) error {
	workflow.GetSignalChannel(ctx, SignalPaymentUpdated).ReceiveWithTimeout(ctx, pause, nil)
	return ctx.Err()
}
