package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/services/payment"
)

// maxWebhook bounds the body of a provider's event.
const maxWebhook = 256 << 10

type webhookInput struct {
	Signature string `header:"Stripe-Signature" doc:"Time and HMAC of the body"`
	RawBody   []byte `contentType:"application/json"`
}

func (c Config) registerWebhooks(a huma.API) {
	receive := operation("receive-stripe-event", http.MethodPost, "/v1/webhooks/stripe", operations, everybody(), "Receive a provider's event",
		"For the payment provider: a signed event wakes the saga of the order that it is about. Duplicate and early events do no harm.",
		http.StatusBadRequest, http.StatusServiceUnavailable)
	receive.MaxBodyBytes = maxWebhook
	receive.SkipValidateBody = true // the signature is over the bytes as they came
	huma.Register(a, receive, c.receiveWebhook)
}

// receiveWebhook says yes only when the saga was told: until then the provider
// sends the event again.
func (c Config) receiveWebhook(ctx context.Context, in *webhookInput) (*struct{}, error) {
	notice, err := c.Payments.ReceiveWebhook(ctx, in.RawBody, in.Signature)
	if errors.Is(err, payment.ErrSignature) {
		return nil, newProblem(ctx, http.StatusBadRequest, payment.ErrSignature.Code, payment.ErrSignature.Message)
	}
	if err != nil {
		return nil, problem(ctx, err)
	}
	if !notice.Awaited {
		return nil, nil //nolint:nilnil // 204: no saga waits for it
	}
	if err := c.Sagas.NotifyPayment(ctx, notice.OrderID); err != nil {
		note(ctx, err)
		return nil, newProblem(ctx, http.StatusServiceUnavailable, "saga_not_told", "The order's saga could not be told. Send the event again.")
	}
	return nil, nil //nolint:nilnil // 204
}
