package workers

import (
	"context"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/activities"
	"github.com/skaldhq/skald/services/notification"
	"github.com/skaldhq/skald/workflows"
)

// Notification returns the worker of the notification service, which also runs the
// deliveries of webhooks.
func Notification(c client.Client, s notification.WebhookWork, fatal func(error)) worker.Worker {
	w := worker.New(c, workflows.QueueNotification, worker.Options{
		OnFatalError:                           fatal,
		MaxConcurrentWorkflowTaskExecutionSize: 64,
		MaxConcurrentWorkflowTaskPollers:       2,
		MaxConcurrentActivityExecutionSize:     256, // most of them wait for strangers
		MaxConcurrentActivityTaskPollers:       2,
		WorkerStopTimeout:                      stopTimeout,
	})
	RegisterDeliveries(w)
	w.RegisterActivity(activities.NewWebhook(s))
	return w
}

// RegisterDeliveries registers the workflow that delivers webhooks.
func RegisterDeliveries(r WorkflowRegistry) {
	r.RegisterWorkflowWithOptions(workflows.DeliverWebhook, workflow.RegisterOptions{Name: workflows.DeliverWebhookName})
}

const (
	// webhookOverdue is when a delivery's run counts as cut off: its next attempt should
	// have been made for so long.
	webhookOverdue = 15 * time.Minute
	// webhookAge is for how long a delivery that ended can be seen, and made again.
	webhookAge = 30 * 24 * time.Hour
)

// WebhookDispatcher starts the deliveries of webhooks. Starting one that runs already
// is a no-op, so any number of dispatchers may run.
type WebhookDispatcher struct {
	work     notification.WebhookWork
	temporal client.Client
	retries  []time.Duration
}

// NewWebhookDispatcher returns a dispatcher; retries are the pauses after each attempt
// but the last.
func NewWebhookDispatcher(c client.Client, s notification.WebhookWork, retries []time.Duration) *WebhookDispatcher {
	return &WebhookDispatcher{work: s, temporal: c, retries: retries}
}

// Dispatch starts what is due and was not started, or was cut off, and tells how many
// deliveries that were.
func (d *WebhookDispatcher) Dispatch(ctx context.Context) (int, error) {
	find := func(ctx context.Context, _ time.Duration, limit int) ([]notification.WebhookDelivery, error) {
		return d.work.WebhooksLeft(ctx, webhookOverdue, limit)
	}
	return drive(ctx, "webhooks", find, func(ctx context.Context, one notification.WebhookDelivery) error {
		if err := workflows.StartDeliverWebhook(ctx, d.temporal, one, d.retries); err != nil {
			return err
		}
		return d.work.ConfirmWebhookStarted(ctx, one.ID, one.Round)
	})
}

// Reseal seals secrets with the first key that are sealed with another, and tells how
// many: once there are none, that other key is needed no more.
func (d *WebhookDispatcher) Reseal(ctx context.Context) (int, error) {
	return d.work.ResealSecrets(ctx, dispatchBatch)
}

// Forget removes deliveries that ended long ago, and tells how many.
func (d *WebhookDispatcher) Forget(ctx context.Context) (int, error) {
	return d.work.ForgetWebhooks(ctx, webhookAge, dispatchBatch)
}
