package activities

import (
	"context"

	"github.com/skaldhq/skald/services/notification"
)

// Webhook is the activities of the notification service for webhooks.
type Webhook struct{ service notification.WebhookWork }

// NewWebhook returns the activities of a notification service for webhooks.
func NewWebhook(s notification.WebhookWork) *Webhook { return &Webhook{service: s} }

// AttemptWebhook sends a delivery once. That its endpoint does not take it is no
// failure.
func (a *Webhook) AttemptWebhook(ctx context.Context, r notification.WebhookAttempt) (notification.WebhookOutcome, error) {
	return call(ctx, a.service.AttemptWebhook, r)
}
