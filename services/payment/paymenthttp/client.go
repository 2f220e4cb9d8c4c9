package paymenthttp

import (
	"context"

	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/services/payment"
)

// Client asks the payment service over the network.
type Client struct{ *rpc.Upstream }

var _ payment.FrontDoor = Client{}

// New returns a client of the service behind an upstream that is named "payment".
func New(at *rpc.Upstream) Client { return Client{at} }

// Get gives a payment.
func (c Client) Get(ctx context.Context, paymentID string) (payment.Payment, error) {
	return rpc.Read[payment.Payment](ctx, c.Upstream, "get", paymentID)
}

// List gives a page of payments.
func (c Client) List(ctx context.Context, f payment.Filter) (payment.Page, error) {
	return rpc.Read[payment.Page](ctx, c.Upstream, "list", f)
}

// RequestPayment keeps a payment of its own.
func (c Client) RequestPayment(ctx context.Context, r payment.AuthorizeRequest) (payment.Payment, error) {
	return rpc.Write[payment.Payment](ctx, c.Upstream, "request-payment", r)
}

// RequestRefund keeps a refund of such a payment.
func (c Client) RequestRefund(ctx context.Context, w payment.RefundWish) (payment.Refund, error) {
	return rpc.Write[payment.Refund](ctx, c.Upstream, "request-refund", w)
}

// ListRefunds gives the refunds of a subject.
func (c Client) ListRefunds(ctx context.Context, subject string) ([]payment.Refund, error) {
	return rpc.Read[[]payment.Refund](ctx, c.Upstream, "list-refunds", subject)
}

// ReceiveWebhook keeps a provider's event.
func (c Client) ReceiveWebhook(ctx context.Context, body []byte, signature string) (payment.Notice, error) {
	return rpc.Write[payment.Notice](ctx, c.Upstream, "receive-webhook", webhook{Body: body, Signature: signature})
}

// Ready reports whether the service can work.
func (c Client) Ready(ctx context.Context) error {
	_, err := rpc.Write[struct{}](ctx, c.Upstream, "ready", struct{}{})
	return err
}
