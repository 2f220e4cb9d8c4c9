package workers

import (
	"context"
	"errors"
	"fmt"
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
	// releaseTimeout bounds what a database that answers no more can hold up.
	releaseTimeout = 5 * time.Second
)

// WebhookDispatcher starts the deliveries of webhooks. It claims them, so that of any
// number of dispatchers one starts each; starting one that runs already is a no-op.
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
	due, err := d.work.ClaimWebhooks(ctx, webhookOverdue, dispatchBatch)
	if err != nil {
		return 0, fmt.Errorf("find webhooks: %w", err)
	}
	failed := seeEach(ctx, due, d.start)
	return len(due) - len(failed), unseen("webhooks", failed)
}

// start starts what was claimed, or gives it back, whoever is told to stop meanwhile.
func (d *WebhookDispatcher) start(ctx context.Context, one notification.WebhookDelivery) error {
	err := workflows.StartDeliverWebhook(ctx, d.temporal, one, d.retries)
	if err == nil {
		return nil
	}
	releasing, end := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer end()
	return errors.Join(err, d.work.ReleaseWebhook(releasing, one.ID, one.Round))
}
