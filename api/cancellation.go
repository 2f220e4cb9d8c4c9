package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/order"
)

// Cancellation is why a customer wants out.
type Cancellation struct {
	Reason string `json:"reason,omitempty" maxLength:"500" doc:"In the customer's words" example:"Ordered by mistake."`
}

type cancelInput struct {
	OrderID string `path:"order_id" doc:"The order's id" example:"ord_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Body    *Cancellation
}

type cancelOutput struct {
	Status   int
	Location string `header:"Location"`
	Body     Order
}

var errOrderEnded = fault.New(fault.Conflict, "order_ended", "The order did not succeed, so there is nothing to cancel.")

func (c Config) registerCancellation(a huma.API) {
	cancel := operation("cancel-order", http.MethodPut, "/v1/orders/{order_id}/cancellation", "orders", customers(writeOrders), "Cancel an order",
		"At any point, and as often as you like: before the money is taken the order is undone and ends `cancelled`, after that all of it is refunded and it ends `refunded`. Which of the two, the saga decides; get the order to see. Where the money cannot go back, its `cancellation` says `refused`, and another request tries again.",
		order.ErrNotFound, errOrderEnded)
	cancel.DefaultStatus = http.StatusAccepted
	huma.Register(a, cancel, c.cancelOrder)
}

// cancelOrder records the wish, which cannot be lost then, and has it done. What
// fails on the way a dispatcher takes up.
func (c Config) cancelOrder(ctx context.Context, in *cancelInput) (*cancelOutput, error) {
	reason := ""
	if in.Body != nil {
		reason = in.Body.Reason
	}
	if _, err := c.ownOrder(ctx, in.OrderID); err != nil {
		return nil, problem(ctx, err)
	}
	o, err := c.Orders.RequestCancellation(ctx, in.OrderID, reason)
	if err != nil {
		return nil, problem(ctx, err)
	}
	switch o.Status {
	case order.Rejected, order.Failed:
		return nil, problem(ctx, errOrderEnded)
	case order.Pending, order.AwaitingPayment, order.Confirmed:
		if err := begin(ctx, c.Sagas.Cancel, o); err != nil {
			note(ctx, err)
		}
	case order.Cancelled, order.Refunded: // done
	}
	return &cancelOutput{Status: http.StatusAccepted, Location: orderPath(o.ID), Body: toOrder(o)}, nil
}
