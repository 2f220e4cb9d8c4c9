package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/temporal"

	"github.com/skaldhq/skald/services/notification"
)

// Webhook is the activities of the notification service for webhooks.
type Webhook struct{ service notification.WebhookWork }

// NewWebhook returns the activities of a notification service for webhooks.
func NewWebhook(s notification.WebhookWork) *Webhook { return &Webhook{service: s} }

// AttemptWebhook sends a delivery once. That its endpoint does not take it is no
// failure. That as much as can be is on its way there is tried again as a failure is, so
// that it waits at Temporal and in no place of this process, but neither logs nor
// metrics count it as one.
func (a *Webhook) AttemptWebhook(ctx context.Context, r notification.WebhookAttempt) (notification.WebhookOutcome, error) {
	out, err := a.service.AttemptWebhook(ctx, r)
	if errors.Is(err, notification.ErrEndpointBusy) {
		return out, temporal.NewApplicationErrorWithOptions(notification.ErrEndpointBusy.Message, notification.ErrEndpointBusy.Code, temporal.ApplicationErrorOptions{
			Category: temporal.ApplicationErrorCategoryBenign,
		})
	}
	return out, toTemporal(ctx, err)
}
