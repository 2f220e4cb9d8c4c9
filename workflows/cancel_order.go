package workflows

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/services/order"
)

// CancelOrder drives a cancellation that the order service has recorded: before
// the pivot the saga cancels, after it a refund gives all back. Which of them it
// is, the saga decides: an order that is confirmed all the same comes here again.
// Done again it changes nothing.
func CancelOrder(ctx context.Context, c client.Client, orders order.FrontDoor, o order.Order, actionTimeout time.Duration) error {
	if o.Status == order.Confirmed {
		return refundCancelled(ctx, c, orders, o)
	}
	if o.Status.Decided() {
		return nil
	}
	if err := StartPlaceOrder(ctx, c, o, actionTimeout); err != nil { // there may be nothing to cancel yet
		return err
	}
	err := c.CancelWorkflow(ctx, order.WorkflowID(o.ID), "")
	var ended *serviceerror.NotFound
	if err != nil && !errors.As(err, &ended) {
		return fmt.Errorf("cancel saga of order %s: %w", o.ID, err)
	}
	return nil
}

func refundCancelled(ctx context.Context, c client.Client, orders order.FrontDoor, o order.Order) error {
	if o.Cancellation == nil || o.Cancellation.Refusal != "" {
		return nil // nobody wants out, or nobody can get out until the customer asks again
	}
	refundID, err := order.CancellationID(o.ID, o.Cancellation.RequestedAt)
	if err != nil {
		return err
	}
	refund, err := orders.RequestRefund(ctx, order.RefundRequest{
		OrderID: o.ID, RefundID: refundID, Reason: cancelledReason, Caller: "customer", Whole: true,
	})
	switch {
	case errors.Is(err, order.ErrNotRefundable), errors.Is(err, order.ErrRefundUnderWay):
		return nil // refunded meanwhile, or about to be; a refund that is refused brings it here again
	case err != nil:
		return fmt.Errorf("request refund of cancelled order %s: %w", o.ID, err)
	case refund.Status != order.RefundRequested:
		return nil
	}
	return StartRefundOrder(ctx, c, refund)
}

// cancelledReason is the reason of the refund of an order that was cancelled
// after it was confirmed.
const cancelledReason = "cancelled"
