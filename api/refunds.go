package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/order"
)

// Refund is what goes back of an order.
type Refund struct {
	ID        string             `json:"id" example:"rfd_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	OrderID   string             `json:"order_id" example:"ord_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Lines     []RefundLine       `json:"lines" nullable:"false"`
	Amount    money.Money        `json:"amount"`
	Reason    string             `json:"reason" example:"One cup was broken."`
	Status    order.RefundStatus `json:"status" enum:"requested,done,refused"`
	Code      string             `json:"code,omitempty" doc:"Why it was refused" example:"refund_failed"`
	Saga      string             `json:"workflow_id" doc:"The saga of the refund; find it in the Temporal Web UI by it" example:"refund/rfd_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	CreatedAt time.Time          `json:"created_at"`
	UpdatedAt time.Time          `json:"updated_at"`
}

// RefundLine is units of one product that go back.
type RefundLine struct {
	ProductID string `json:"product_id" minLength:"1" maxLength:"64" example:"prd_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Quantity  int64  `json:"quantity" minimum:"1" maximum:"100000000" example:"1"`
}

// NewRefund asks to give an order back.
type NewRefund struct {
	Lines  []RefundLine `json:"lines,omitempty" maxItems:"100" doc:"What goes back; left out: all that is left"`
	Reason string       `json:"reason" minLength:"1" maxLength:"500" example:"One cup was broken."`
}

func toRefund(r order.Refund) Refund {
	out := Refund{
		ID: r.ID, OrderID: r.OrderID, Lines: make([]RefundLine, len(r.Lines)), Amount: r.Amount, Reason: r.Reason, Status: r.Status,
		Code: r.Code, Saga: order.RefundWorkflowID(r.ID), CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	for i, line := range r.Lines {
		out.Lines[i] = RefundLine(line)
	}
	return out
}

type newRefundInput struct {
	OrderID string `path:"order_id" doc:"The order's id" example:"ord_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	KeyHeader
	Body NewRefund
}

type newRefundOutput struct {
	Status int
	Body   Refund
}

type listRefundsInput struct {
	OrderID string `path:"order_id" doc:"The order's id" example:"ord_01k9m2v6y7e4p8s0t2w4x6z8ab"`
}

type listRefundsOutput struct{ Body page[Refund] }

func (c Config) registerRefunds(a huma.API) {
	create := operation("refund-order", http.MethodPost, "/v1/orders/{order_id}/refunds", "orders", customers(writeOrders), "Refund an order",
		"A confirmed order, whole or by lines: the money goes back, then the units. The amount is computed from the order's own prices. With its last units the order is `refunded`.",
		order.ErrNotFound, order.ErrNotRefundable, order.ErrRefundTooMany)
	create.DefaultStatus = http.StatusAccepted
	huma.Register(a, create, c.refundOrder)
	huma.Register(a, operation("list-refunds", http.MethodGet, "/v1/orders/{order_id}/refunds", "orders", customers(readOrders), "List an order's refunds", "Oldest first. Refused ones are there too.", order.ErrNotFound), c.listRefunds)
}

// refundOrder takes the units off what is left, which cannot be lost then, and
// starts the refund's saga. Where that fails a dispatcher starts it.
func (c Config) refundOrder(ctx context.Context, in *newRefundInput) (*newRefundOutput, error) {
	if _, err := c.ownOrder(ctx, in.OrderID); err != nil {
		return nil, problem(ctx, err)
	}
	request := order.RefundRequest{
		OrderID: in.OrderID, RefundID: in.newID(ctx, order.RefundIDPrefix, "refund-order/"+in.OrderID),
		Reason: in.Body.Reason, Caller: callerOf(ctx),
	}
	for _, line := range in.Body.Lines {
		request.Lines = append(request.Lines, order.RefundLine(line))
	}
	r, err := c.Orders.RequestRefund(ctx, request)
	if errors.Is(err, order.ErrMismatch) {
		return nil, keyReused(ctx)
	}
	if err != nil {
		return nil, problem(ctx, err)
	}
	if r.Status == order.RefundRequested {
		if err := begin(ctx, c.Sagas.Refund, r); err != nil {
			note(ctx, err)
		}
	}
	return &newRefundOutput{Status: http.StatusAccepted, Body: toRefund(r)}, nil
}

func (c Config) listRefunds(ctx context.Context, in *listRefundsInput) (*listRefundsOutput, error) {
	if _, err := c.ownOrder(ctx, in.OrderID); err != nil {
		return nil, problem(ctx, err)
	}
	all, err := c.Orders.ListRefunds(ctx, in.OrderID)
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &listRefundsOutput{Body: newPage(all, toRefund, "")}, nil
}
