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
	Signature string `header:"Stripe-Signature" doc:"Time and HMAC of the body" example:"t=1793611800,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd"`
	RawBody   []byte `contentType:"application/json"`
}

var (
	errSignature = refusal{status: http.StatusBadRequest, code: payment.ErrSignature.Code, detail: payment.ErrSignature.Message}
	errNotTold   = refusal{status: http.StatusServiceUnavailable, code: "saga_not_told", detail: "The payment's saga could not be told. Send the event again."}
)

func (c Config) registerWebhooks(a huma.API) {
	receive := operation("receive-stripe-event", http.MethodPost, "/v1/webhooks/stripe", operations, everybody(), "Receive a provider's event",
		"For the payment provider: a signed event wakes the saga of the order, or of the payment, that it is about. Duplicate and early events do no harm.")
	declareRefusals(&receive, errSignature, errNotTold)
	receive.MaxBodyBytes = maxWebhook
	receive.SkipValidateBody = true // the signature is over the bytes as they came
	huma.Register(a, receive, c.receiveWebhook)
	a.OpenAPI().Paths[receive.Path].Post.RequestBody.Content["application/json"] = &huma.MediaType{
		Schema:  &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Description: "An event as the provider's API describes it"},
		Example: map[string]any{"id": "evt_3abc", "type": "payment_intent.succeeded", "data": map[string]any{"object": map[string]any{"id": "pi_3abc"}}},
	}
}

// receiveWebhook says yes only when the saga was told: until then the provider
// sends the event again.
func (c Config) receiveWebhook(ctx context.Context, in *webhookInput) (*struct{}, error) {
	notice, err := c.Payments.ReceiveWebhook(ctx, in.RawBody, in.Signature)
	if errors.Is(err, payment.ErrSignature) {
		return nil, errSignature.problem(ctx)
	}
	if err != nil {
		return nil, problem(ctx, err)
	}
	if !notice.Awaited {
		return nil, nil //nolint:nilnil // 204: no saga waits for it
	}
	if err := c.Sagas.NotifyPayment(ctx, notice); err != nil {
		note(ctx, err)
		return nil, errNotTold.problem(ctx)
	}
	return nil, nil //nolint:nilnil // 204
}
