package activities

import (
	"context"

	"github.com/skaldhq/skald/services/payment"
)

// Payment is the activities of the payment service.
type Payment struct{ service payment.Service }

// NewPayment returns the activities of a payment service.
func NewPayment(s payment.Service) *Payment { return &Payment{service: s} }

// AuthorizePayment holds an amount, such as an order's total, or tells that the customer has to act.
func (a *Payment) AuthorizePayment(ctx context.Context, r payment.AuthorizeRequest) (payment.Result, error) {
	p, err := a.service.AuthorizePayment(ctx, r)
	return p.Result(), toTemporal(ctx, err)
}

// VoidPayment gives the hold back, and bars one that has not landed.
func (a *Payment) VoidPayment(ctx context.Context, r payment.OrderRequest) (payment.Result, error) {
	p, err := a.service.VoidPayment(ctx, r)
	return p.Result(), toTemporal(ctx, err)
}

// CapturePayment takes the held money.
func (a *Payment) CapturePayment(ctx context.Context, r payment.OrderRequest) (payment.Result, error) {
	p, err := a.service.CapturePayment(ctx, r)
	return p.Result(), toTemporal(ctx, err)
}

// ClosePayment keeps why a payment of its own did not come about.
func (a *Payment) ClosePayment(ctx context.Context, r payment.CloseRequest) (payment.Result, error) {
	p, err := a.service.ClosePayment(ctx, r)
	return p.Result(), toTemporal(ctx, err)
}

// RefundPayment gives captured money back, all or a part.
func (a *Payment) RefundPayment(ctx context.Context, r payment.RefundRequest) (payment.Result, error) {
	p, err := a.service.RefundPayment(ctx, r)
	return p.Result(), toTemporal(ctx, err)
}
