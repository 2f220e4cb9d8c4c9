package workflows

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/services/notification"
)

// DeliverWebhookName is the registered name of the workflow that tells an endpoint of
// an event.
const DeliverWebhookName = "DeliverWebhook"

// SignalRedeliver begins a round of a delivery: it carries the round's number. A round
// that has begun already begins no more.
const SignalRedeliver = "redeliver"

// DeliverWebhookInput is what a delivery starts with. Address, body and secrets stay
// in the database: no history holds them.
type DeliverWebhookInput struct {
	DeliveryID string `json:"delivery_id"`
	Round      int    `json:"round"`
	// Retries are the pauses after each attempt but the last.
	Retries []time.Duration `json:"retries"`
}

// DeliverWebhookOutcome is how a delivery ended. Deleted: it is there no more.
type DeliverWebhookOutcome struct {
	Status  notification.WebhookDeliveryStatus `json:"status,omitempty"`
	Reason  string                             `json:"reason,omitempty"`
	Deleted bool                               `json:"deleted,omitempty"`
}

// delivering is one run of a delivery.
type delivering struct {
	in    DeliverWebhookInput
	asked workflow.ReceiveChannel
}

// DeliverWebhook sends an event to an endpoint until it is taken, or until there is no
// attempt left. Whoever asks for it again begins a round of all attempts.
func DeliverWebhook(ctx workflow.Context, in DeliverWebhookInput) (DeliverWebhookOutcome, error) {
	d := &delivering{in: in, asked: workflow.GetSignalChannel(ctx, SignalRedeliver)}
	for {
		out, again, err := d.round(ctx)
		if err != nil || !again && !d.askedAgain() {
			return out, err
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return out, workflow.NewContinueAsNewError(ctx, DeliverWebhookName, d.in)
		}
	}
}

// round makes the attempts of a round. again: another was asked for before its end.
func (d *delivering) round(ctx workflow.Context) (out DeliverWebhookOutcome, again bool, err error) {
	for n := 0; ; n++ {
		next := time.Duration(0)
		if n < len(d.in.Retries) {
			next = d.in.Retries[n]
		}
		out, err = d.attempt(ctx, n, next)
		if err != nil || out.Status != notification.WebhookPending || next == 0 {
			return out, false, err
		}
		if d.pause(ctx, n, next, out.Reason) {
			return out, true, nil
		}
		if err := ctx.Err(); err != nil {
			return out, false, err
		}
	}
}

func (d *delivering) attempt(ctx workflow.Context, n int, next time.Duration) (DeliverWebhookOutcome, error) {
	var out notification.WebhookOutcome
	sending := on(QueueNotification, deliver).On(ctx, fmt.Sprintf("attempt %d of %d", n+1, len(d.in.Retries)+1))
	err := workflow.ExecuteActivity(sending, webhooks.AttemptWebhook, notification.WebhookAttempt{
		DeliveryID: d.in.DeliveryID, Round: d.in.Round, Next: next,
	}).Get(ctx, &out)
	var refused *temporal.ApplicationError
	if errors.As(err, &refused) && refused.Type() == notification.ErrDeliveryNotFound.Code {
		return DeliverWebhookOutcome{Deleted: true}, nil
	}
	return DeliverWebhookOutcome{Status: out.Status, Reason: out.Reason}, err
}

// pause waits for the next attempt, or until another round is asked for: true.
func (d *delivering) pause(ctx workflow.Context, n int, next time.Duration, reason string) (again bool) {
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("Attempt %d came to `%s`, the next is %s later.", n+1, reason, next))
	waiting, stop := workflow.WithCancel(ctx)
	defer stop()
	over := false
	sleep := workflow.NewTimerWithOptions(waiting, next, workflow.TimerOptions{Summary: fmt.Sprintf("until attempt %d, after %s", n+2, reason)})
	s := workflow.NewSelector(ctx)
	s.AddFuture(sleep, func(workflow.Future) { over = true })
	s.AddReceive(d.asked, func(workflow.ReceiveChannel, bool) { again = d.askedAgain() })
	for !over && !again {
		s.Select(ctx)
	}
	return again
}

// askedAgain takes what was asked for meanwhile, and tells whether it is a later round.
func (d *delivering) askedAgain() (again bool) {
	for round := 0; d.asked.ReceiveAsync(&round); {
		if round > d.in.Round {
			d.in.Round, again = round, true
		}
	}
	return again
}

// StartDeliverWebhook makes sure that a delivery's round is run, by the run that is
// there or by one that it starts.
func StartDeliverWebhook(ctx context.Context, c client.Client, d notification.WebhookDelivery, retries []time.Duration) error {
	_, err := c.SignalWithStartWorkflow(ctx, notification.WebhookWorkflowID(d.ID), SignalRedeliver, d.Round, client.StartWorkflowOptions{
		TaskQueue:             QueueNotification,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary:         fmt.Sprintf("Webhook %s to %s", d.EventType, d.EndpointID),
		StaticDetails:         fmt.Sprintf(deliverWebhookDetails, d.EventID, d.EndpointID),
		Priority:              temporal.Priority{FairnessKey: d.EndpointID}, // one slow endpoint holds up no other, where the server minds it
	}, DeliverWebhookName, DeliverWebhookInput{DeliveryID: d.ID, Round: d.Round, Retries: retries})
	if err != nil {
		return fmt.Errorf("start delivery %s: %w", d.ID, err)
	}
	return nil
}

const deliverWebhookDetails = `Tells an integrator's endpoint of one event:

- event %s
- endpoint %s

**AttemptWebhook** (notification) signs and sends it. What is not taken is sent again, ever later, until no attempt is left.`
