// Package paymenthttp is the payment service in another process: what the front door asks
// of it, over HTTP.
package paymenthttp

import (
	"context"

	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/services/payment"
)

// name is the service's in the paths of its operations.
const name = "payment"

// Serve mounts what the front door asks of the service.
func Serve(to *rpc.Server, s payment.FrontDoor) {
	rpc.Handle(to, name, "get", s.Get)
	rpc.Handle(to, name, "list", s.List)
	rpc.Handle(to, name, "request-payment", s.RequestPayment)
	rpc.Handle(to, name, "request-refund", s.RequestRefund)
	rpc.Handle(to, name, "list-refunds", s.ListRefunds)
	rpc.Handle(to, name, "receive-webhook", func(ctx context.Context, q webhook) (payment.Notice, error) {
		return s.ReceiveWebhook(ctx, q.Body, q.Signature)
	})
	rpc.Handle(to, name, "ready", rpc.Asking(s.Ready))
}

type webhook struct {
	Body      []byte `json:"body"`
	Signature string `json:"signature"`
}
