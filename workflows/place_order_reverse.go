package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
)

// An order that is parked at its pivot or after it can be turned back by an
// operator. Nobody knows then what was done, so each of these finds out.

func reversePayment() undo {
	return undo{
		Name: "ReversePayment", Summary: "give back what is held or taken",
		Action: action(on(QueuePayment, settle), func(ctx workflow.Context, _ *run, p *placement) error {
			return giveMoneyBack(ctx, p.in.OrderID, order.ReversalID)
		}),
	}
}

// giveMoneyBack reverses a subject's payment wherever it stands. reversalID gives
// the id of the refund that this may take.
func giveMoneyBack(ctx workflow.Context, subject string, reversalID func(string) (string, error)) error {
	err := workflow.ExecuteActivity(ctx, payments.VoidPayment, payment.OrderRequest{OrderID: subject}).Get(ctx, nil)
	if errType(err) != payment.ErrCaptured.Code {
		return err
	}
	refundID, err := reversalID(subject)
	if err != nil {
		return err
	}
	return workflow.ExecuteActivity(ctx, payments.RefundPayment, payment.RefundRequest{OrderID: subject, RefundID: refundID, Reversal: true}).Get(ctx, nil)
}

func reverseStock() undo {
	return undo{
		Name: "ReverseStock", Summary: "give back what is held or sold",
		Action: action(on(QueueInventory, settle), func(ctx workflow.Context, _ *run, p *placement) error {
			return giveUnitsBack(ctx, p.in.OrderID)
		}),
	}
}

// giveUnitsBack reverses an order's reservation wherever it stands.
func giveUnitsBack(ctx workflow.Context, orderID string) error {
	err := workflow.ExecuteActivity(ctx, stock.ReleaseStock, inventory.OrderRequest{OrderID: orderID}).Get(ctx, nil)
	if errType(err) != inventory.ErrSold.Code {
		return err
	}
	refundID, err := order.ReversalID(orderID)
	if err != nil {
		return err
	}
	return workflow.ExecuteActivity(ctx, stock.ReturnStock, inventory.ReturnRequest{OrderID: orderID, RefundID: refundID, Reversal: true}).Get(ctx, nil)
}

// closeReversed ends an order that was confirmed before it was turned back: all
// of it is refunded, unless it was already.
func (p *placement) closeReversed(ctx workflow.Context, r *run) error {
	err := refundReversed(ctx, p.in.OrderID)
	if err == nil {
		p.status = order.Refunded
	}
	if errType(err) == order.ErrNotRefundable.Code && p.in.Revision >= 3 {
		return p.follow(ctx, r, order.Refunded, err)
	}
	return err
}

// refundReversed ends a confirmed order whose money and units went back, once no
// other refund of it is under way.
func refundReversed(ctx workflow.Context, orderID string) error {
	refundID, err := order.ReversalID(orderID)
	if err != nil {
		return err
	}
	err = workflow.ExecuteLocalActivity(ctx, orders.RequestRefund, order.RefundRequest{
		OrderID: orderID, RefundID: refundID, Reason: "reversed", Caller: "operator", Whole: true, Returned: true,
	}).Get(ctx, nil)
	if err != nil {
		return err
	}
	return workflow.ExecuteLocalActivity(ctx, orders.FinishRefund, order.RefundEnd{
		OrderID: orderID, RefundID: refundID, Status: order.RefundDone,
	}).Get(ctx, nil)
}
