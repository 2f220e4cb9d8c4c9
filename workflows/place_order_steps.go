package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/activities"
	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/pricing"
	"github.com/skaldhq/skald/services/user"
	"github.com/skaldhq/skald/workflows/saga"
)

// The activities, for their names and types only: the worker has the real ones.
var (
	users    *activities.User
	prices   *activities.Pricing
	stock    *activities.Inventory
	payments *activities.Payment
	orders   *activities.Order
	webhooks *activities.Webhook
)

type (
	step = saga.Step[placement]
	undo = saga.Undo[placement]
	run  = saga.Run[placement]
)

func action(p saga.Policy, do saga.Do[placement]) saga.Action[placement] {
	return saga.Action[placement]{Do: do, Policy: p}
}

func checkCustomer() step {
	return step{
		Name: "CheckCustomer", Summary: "may this user order?", Kind: saga.Compensatable, Effectless: true,
		Action: action(on(QueueUser, ask), func(ctx workflow.Context, _ *run, p *placement) error {
			return workflow.ExecuteActivity(ctx, users.CheckCustomer, user.CheckRequest{UserID: p.in.UserID}).Get(ctx, nil)
		}),
	}
}

func quoteOrder() step {
	return step{
		Name: "QuoteOrder", Summary: "freeze prices and total", Kind: saga.Compensatable, Effectless: true,
		Action: action(on(QueuePricing, ask), func(ctx workflow.Context, _ *run, p *placement) error {
			r := pricing.QuoteRequest{OrderID: p.in.OrderID, Currency: p.in.Currency}
			for _, item := range p.in.Items {
				r.Items = append(r.Items, pricing.Item{ProductID: item.ProductID, Quantity: item.Quantity})
			}
			return workflow.ExecuteActivity(ctx, prices.QuoteOrder, r).Get(ctx, &p.quote)
		}),
	}
}

func reserveStock() step {
	return step{
		Name: "ReserveStock", Summary: "hold the units", Kind: saga.Compensatable,
		Action: action(on(QueueInventory, hold), func(ctx workflow.Context, _ *run, p *placement) error {
			r := inventory.ReserveRequest{OrderID: p.in.OrderID, TTL: orderDeadline + p.in.ActionTimeout + reservationMargin}
			for _, item := range p.in.Items {
				r.Lines = append(r.Lines, inventory.Line{ProductID: item.ProductID, Quantity: item.Quantity})
			}
			return workflow.ExecuteActivity(ctx, stock.ReserveStock, r).Get(ctx, nil)
		}),
		Undo: &undo{
			Name: "ReleaseStock", Summary: "give the units back",
			Action: action(on(QueueInventory, settle), func(ctx workflow.Context, _ *run, p *placement) error {
				return workflow.ExecuteActivity(ctx, stock.ReleaseStock, inventory.OrderRequest{OrderID: p.in.OrderID}).Get(ctx, nil)
			}),
		},
	}
}

func authorizePayment() step {
	return step{
		Name: "AuthorizePayment", Summary: "hold the total on the payment method", Kind: saga.Compensatable,
		Action: action(on(QueuePayment, pay), authorize),
		Undo: &undo{
			Name: "VoidPayment", Summary: "give the hold back",
			Action: action(on(QueuePayment, settle), func(ctx workflow.Context, _ *run, p *placement) error {
				return workflow.ExecuteActivity(ctx, payments.VoidPayment, payment.OrderRequest{OrderID: p.in.OrderID}).Get(ctx, nil)
			}),
		},
	}
}

func capturePayment() step {
	return step{
		Name: "CapturePayment", Summary: "pivot: take the money", Kind: saga.Pivot,
		Action: action(on(QueuePayment, settle), func(ctx workflow.Context, _ *run, p *placement) error {
			return workflow.ExecuteActivity(ctx, payments.CapturePayment, payment.OrderRequest{OrderID: p.in.OrderID}).Get(ctx, &p.payment)
		}),
	}
}

func commitStock() step {
	return step{
		Name: "CommitStock", Summary: "the units are sold", Kind: saga.Retriable,
		Action: action(on(QueueInventory, settle), func(ctx workflow.Context, _ *run, p *placement) error {
			return workflow.ExecuteActivity(ctx, stock.CommitStock, inventory.OrderRequest{OrderID: p.in.OrderID}).Get(ctx, nil)
		}),
	}
}

func confirmOrder() step {
	return step{
		Name: "ConfirmOrder", Summary: "the order is confirmed", Kind: saga.Retriable, Final: true,
		Action: action(record, func(ctx workflow.Context, r *run, p *placement) error {
			if p.status == order.Refunded { // confirmed by an earlier run, and given back since
				p.answered = true
				return nil
			}
			state := order.SagaCompleted
			if r.State() == saga.Parked { // at the stock
				state = order.SagaParked
			}
			err := p.move(ctx, r, order.Transition{To: order.Confirmed, SagaState: state})
			p.answered = err == nil // what is left to do only goes forward: the client need not wait for it
			return err
		}),
	}
}

func closeOrder() undo {
	return undo{
		Name: "CloseOrder", Summary: "record why the order did not succeed",
		Action: action(record, func(ctx workflow.Context, r *run, p *placement) error {
			if p.status == order.Confirmed {
				return p.closeReversed(ctx, r)
			}
			if p.status.Decided() { // by an earlier run
				return nil
			}
			status, failure := verdict(r.Failure(), p.status)
			err := p.transition(ctx, order.Transition{To: status, Failure: &failure, SagaState: order.SagaCompensated})
			if errType(err) != order.ErrTransition.Code {
				return err
			}
			if r.Failure().Class == saga.Reversed { // it was confirmed, and the answer lost
				if reversed := p.closeReversed(ctx, r); errType(reversed) != order.ErrNotRefundable.Code {
					return reversed
				}
			}
			return p.follow(ctx, r, status, err)
		}),
	}
}

// move moves the order, or follows where it went before.
func (p *placement) move(ctx workflow.Context, r *run, t order.Transition) error {
	err := p.transition(ctx, t)
	if errType(err) == order.ErrTransition.Code {
		return p.follow(ctx, r, t.To, err)
	}
	return err
}

// transition moves the order, with all that the saga knows of it by then.
func (p *placement) transition(ctx workflow.Context, t order.Transition) error {
	t.OrderID, t.PaymentID, t.Quote, t.Seq = p.in.OrderID, p.payment.ID, orderQuote(p.quote), p.nextSeq(ctx)
	if err := workflow.ExecuteLocalActivity(ctx, orders.TransitionOrder, t).Get(ctx, nil); err != nil {
		return err
	}
	p.status, p.recorded = t.To, t.SagaState
	if p.seq != t.Seq {
		p.recorded = "" // another state was recorded meanwhile: which is the order's, nobody knows
	}
	return nil
}

// orderQuote is the quote as the order keeps it; nil where there is none yet.
func orderQuote(q pricing.Quote) *order.Quote {
	if len(q.Lines) == 0 {
		return nil
	}
	quote := &order.Quote{Total: q.Total}
	for _, line := range q.Lines {
		quote.Lines = append(quote.Lines, order.QuoteLine{UnitPrice: line.UnitPrice, Total: line.Total})
	}
	return quote
}
