package stripepay

import (
	"encoding/json"

	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/skaldhq/skald/services/payment"
)

// Events are the types of events that the webhook endpoint has to be registered
// for: what may come of a customer's action.
func Events() []string {
	return []string{"payment_intent.amount_capturable_updated", "payment_intent.payment_failed", "payment_intent.canceled"}
}

// ParseEvent verifies a webhook by its Stripe-Signature header.
func (c *Client) ParseEvent(body []byte, signature string) (payment.Event, error) {
	event, err := webhook.ConstructEventWithOptions(body, signature, c.config.WebhookSecret,
		webhook.ConstructEventOptions{IgnoreAPIVersionMismatch: true})
	if err != nil {
		return payment.Event{}, payment.ErrSignature.Because(err)
	}
	// Every event we ask for is about an intent, or about the charge of one,
	// which carries its metadata too.
	var object struct {
		Metadata map[string]string `json:"metadata"`
	}
	if event.Data != nil {
		if err := json.Unmarshal(event.Data.Raw, &object); err != nil {
			return payment.Event{}, payment.ErrSignature.Because(err)
		}
	}
	return payment.Event{ID: event.ID, Type: string(event.Type), OrderID: object.Metadata[metaOrder], PaymentID: object.Metadata[metaPayment]}, nil
}
