package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/activities"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/workflows/saga"
)

// CodeInterrupted is the failure code of an order whose saga was cut off while it
// turned back: why it did, nobody knows any more.
const CodeInterrupted = "saga_interrupted"

// resumeOrder lets a run go on where one before it was cut off, whatever that
// had done: see entry.
func resumeOrder() *saga.Resume[placement] {
	return &saga.Resume[placement]{
		Name: "TakeStock", Summary: "what was done before",
		Due: func(p *placement) bool { return p.in.Again },
		Action: action(settle, func(ctx workflow.Context, _ *run, p *placement) error {
			return p.takeStock(ctx)
		}),
		Entry: func(p *placement) (saga.Entry, *saga.Failure) { return p.entry() },
	}
}

// takeStock asks the services what earlier runs did.
func (p *placement) takeStock(ctx workflow.Context) error {
	found, err := readFacts(ctx, []string{p.in.OrderID})
	if err != nil {
		return err
	}
	p.before = found[0]
	o := p.before.Order
	if o == nil {
		return temporal.NewNonRetryableApplicationError(order.ErrNotFound.Message, order.ErrNotFound.Code, nil)
	}
	p.status, p.recorded = o.Status, o.SagaState
	if pay := p.before.Payment; pay != nil {
		p.payment = payment.Result{ID: pay.PaymentID, Status: pay.Status}
	}
	if o.Status.Decided() {
		return nil
	}
	if p.before.Payment != nil { // at the price that the order was quoted, which it keeps however it ends
		quote := quoteOrder()
		err := quote.Action.Do(quote.Action.Policy.On(ctx, quote.Summary), nil, p)
		if err != nil && (p.before.kept() > 0 || saga.Classify(err) != saga.Refused) { // a tombstone may have come before any price
			return err
		}
	}
	markOrder(ctx, p, saga.Running)
	return nil
}

// entry is where a run begins by what earlier ones did. What has ended is
// followed, what has passed the pivot goes forward, what began to turn back, also
// by an operator's decision, goes on with that; anything else is done again.
func (p *placement) entry() (saga.Entry, *saga.Failure) {
	f := p.before
	switch {
	case f.Order.Reversed:
		return saga.TurnBack, reversedBefore()
	case f.Order.Status == order.Refunded && f.released() && p.in.Revision >= 3: // turned back before the units were sold
		return saga.TurnBack, turnedBack("CommitStock", inventory.ErrReleased)
	case f.Order.Status == order.Confirmed, f.Order.Status == order.Refunded:
		return saga.FromPivot, nil
	case f.Order.Status.Decided():
		return saga.TurnBack, turnedBack("CloseOrder", fault.New(fault.Refused, f.Order.FailureCode, "The order has ended."))
	case f.kept() > 0 && !f.released():
		return saga.FromPivot, nil
	case f.kept() > 0, f.Payment != nil && f.Payment.Status == payment.Refunded: // an operator's reversal
		return saga.TurnBack, turnedBack("CapturePayment", interrupted())
	case f.Stock != nil && f.Stock.State == inventory.Rejected:
		return saga.TurnBack, turnedBack("ReserveStock", inventory.ErrInsufficient)
	case f.Payment != nil && f.Payment.Status == payment.Declined:
		return saga.TurnBack, turnedBack("AuthorizePayment", payment.ErrDeclined)
	case f.Order.Cancelling:
		return saga.TurnBack, &saga.Failure{Step: "TakeStock", Class: saga.Cancelled}
	case f.released(), f.Payment != nil && f.Payment.Undone:
		return saga.TurnBack, turnedBack("TakeStock", interrupted())
	default:
		return saga.FromStart, nil
	}
}

func interrupted() *fault.Error {
	return fault.New(fault.Internal, CodeInterrupted, "The order was interrupted and turned back.")
}

// reversedBefore is the failure of a saga that an operator turned back before it
// was cut off.
func reversedBefore() *saga.Failure {
	f := turnedBack("CapturePayment", fault.New(fault.Internal, saga.ReasonReversed, "An operator decided to turn back."))
	f.Class = saga.Reversed
	return f
}

// turnedBack is the failure of a step that an earlier run had.
func turnedBack(step string, f *fault.Error) *saga.Failure {
	return &saga.Failure{Step: step, Class: saga.Refused, Err: temporal.NewApplicationErrorWithOptions(f.Message, f.Code, temporal.ApplicationErrorOptions{
		NonRetryable: true, Details: []any{activities.Detail{Kind: f.Kind, Message: f.Message}},
	})}
}

// follow is for a transition that the order's status forbids: the order ended
// otherwise, by a run before this one, as after a reset. A saga that goes forward
// turns back where the order ended badly; one that turns back takes for its own
// whatever end there is: what was bought stays so, since nothing of that can be
// undone but by a reversal, which ends the order itself.
func (p *placement) follow(ctx workflow.Context, r *run, to order.Status, forbidden error) error {
	if p.in.Revision < 2 {
		return forbidden
	}
	var found []order.Standing
	if err := workflow.ExecuteLocalActivity(ctx, orders.ReadOrders, []string{p.in.OrderID}).Get(ctx, &found); err != nil {
		return err
	}
	if len(found) == 0 {
		return forbidden
	}
	ended := found[0].Status
	badly := ended == order.Rejected || ended == order.Cancelled || ended == order.Failed
	switch {
	case to == order.Confirmed && badly:
		p.status = ended
		r.TurnBack("ConfirmOrder", forbidden)
		return forbidden
	case to == order.Confirmed && ended == order.Refunded, to != order.Confirmed && badly,
		to.Decided() && ended.Decided() && p.in.Revision >= 3:
		p.status, p.recorded = ended, found[0].SagaState
		return nil
	default:
		return forbidden
	}
}
