package activities

import (
	"context"

	"github.com/skaldhq/skald/services/order"
)

// Order is the activities of the order service. They run as local activities:
// the sagas' worker is the order service's own.
type Order struct{ service order.Service }

// NewOrder returns the activities of an order service.
func NewOrder(s order.Service) *Order { return &Order{service: s} }

// TransitionOrder moves an order along its state machine.
func (a *Order) TransitionOrder(ctx context.Context, t order.Transition) (order.Status, error) {
	o, err := a.service.TransitionOrder(ctx, t)
	return o.Status, toTemporal(ctx, err)
}

// MarkSaga records where the order's saga stands.
func (a *Order) MarkSaga(ctx context.Context, m order.Mark) error {
	return toTemporal(ctx, a.service.MarkSaga(ctx, m))
}

// RequestRefund takes units off what is left of an order.
func (a *Order) RequestRefund(ctx context.Context, r order.RefundRequest) (order.RefundPlan, error) {
	refund, err := a.service.RequestRefund(ctx, r)
	return refund.Plan(), toTemporal(ctx, err)
}

// FinishRefund ends a refund, and with the last one the order.
func (a *Order) FinishRefund(ctx context.Context, e order.RefundEnd) (order.RefundPlan, error) {
	refund, err := a.service.FinishRefund(ctx, e)
	return refund.Plan(), toTemporal(ctx, err)
}
