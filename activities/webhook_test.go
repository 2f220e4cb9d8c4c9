package activities_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/skaldhq/skald/activities"
	"github.com/skaldhq/skald/services/notification"
)

// busy is a notification service that has no place for another attempt.
type busy struct{ notification.WebhookWork }

func (busy) AttemptWebhook(context.Context, notification.WebhookAttempt) (notification.WebhookOutcome, error) {
	return notification.WebhookOutcome{}, notification.ErrEndpointBusy
}

// TestBusyEndpoint: it is tried again, and is nothing to be told of.
func TestBusyEndpoint(t *testing.T) {
	t.Parallel()
	a := activities.NewWebhook(busy{})
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(a)
	_, err := env.ExecuteActivity(a.AttemptWebhook, notification.WebhookAttempt{DeliveryID: "whd_1", Round: 1})
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, "webhook_endpoint_busy", app.Type())
	require.False(t, app.NonRetryable())
	require.Equal(t, temporal.ApplicationErrorCategoryBenign, app.Category())
}
