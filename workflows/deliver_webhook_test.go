package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/activities"
	"github.com/skaldhq/skald/services/notification"
	"github.com/skaldhq/skald/workers"
	"github.com/skaldhq/skald/workflows"
)

// attempts is a notification service that answers as it is told, and keeps what it was
// asked.
type attempts struct {
	notification.WebhookWork
	answer func(n int, a notification.WebhookAttempt) (notification.WebhookOutcome, error)
	asked  []notification.WebhookAttempt
	at     []time.Duration // since the first, on the clock of the environment
	now    func() time.Time
	began  time.Time
}

func (s *attempts) AttemptWebhook(_ context.Context, a notification.WebhookAttempt) (notification.WebhookOutcome, error) {
	if s.began.IsZero() {
		s.began = s.now()
	}
	s.asked, s.at = append(s.asked, a), append(s.at, s.now().Sub(s.began))
	return s.answer(len(s.asked), a)
}

var (
	taken = notification.WebhookOutcome{Status: notification.WebhookDelivered}
	again = notification.WebhookOutcome{Status: notification.WebhookPending, Reason: "http_500"}
	over  = notification.WebhookOutcome{Status: notification.WebhookFailed, Reason: "http_500"}
)

// deliver runs a delivery with the pauses of the specification's example.
func deliver(t *testing.T, s *attempts, prepare ...func(*testsuite.TestWorkflowEnvironment)) (workflows.DeliverWebhookOutcome, error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	s.now = env.Now
	workers.RegisterDeliveries(env)
	env.RegisterActivity(activities.NewWebhook(s))
	for _, p := range prepare {
		p(env)
	}
	env.ExecuteWorkflow(workflows.DeliverWebhookName, workflows.DeliverWebhookInput{
		DeliveryID: "whd_1", Round: 1, Retries: []time.Duration{5 * time.Second, 5 * time.Minute, 24 * time.Hour},
	})
	require.True(t, env.IsWorkflowCompleted())
	var out workflows.DeliverWebhookOutcome
	if err := env.GetWorkflowError(); err != nil {
		return out, err
	}
	return out, env.GetWorkflowResult(&out)
}

// TestDeliverWebhook: attempts come at their times until one is taken, or none is left;
// each knows how long until the next.
func TestDeliverWebhook(t *testing.T) {
	t.Parallel()
	s := &attempts{answer: func(n int, _ notification.WebhookAttempt) (notification.WebhookOutcome, error) {
		if n == 3 {
			return taken, nil
		}
		return again, nil
	}}
	out, err := deliver(t, s)
	require.NoError(t, err)
	require.Equal(t, workflows.DeliverWebhookOutcome{Status: notification.WebhookDelivered}, out)
	require.Equal(t, []notification.WebhookAttempt{
		{DeliveryID: "whd_1", Round: 1, Next: 5 * time.Second}, {DeliveryID: "whd_1", Round: 1, Next: 5 * time.Minute},
		{DeliveryID: "whd_1", Round: 1, Next: 24 * time.Hour},
	}, s.asked)
	require.Equal(t, []time.Duration{0, 5 * time.Second, 5*time.Second + 5*time.Minute}, s.at)

	s = &attempts{answer: func(_ int, a notification.WebhookAttempt) (notification.WebhookOutcome, error) {
		if a.Next == 0 {
			return over, nil
		}
		return again, nil
	}}
	out, err = deliver(t, s)
	require.NoError(t, err)
	require.Equal(t, workflows.DeliverWebhookOutcome{Status: notification.WebhookFailed, Reason: "http_500"}, out)
	require.Len(t, s.asked, 4)
	require.Equal(t, 24*time.Hour+5*time.Minute+5*time.Second, s.at[3])
}

// TestDeliverWebhookEnds: an endpoint that is gone ends it at once, and so does a
// delivery that is there no more. A failure of ours is tried again, and counts as none
// of the attempts.
func TestDeliverWebhookEnds(t *testing.T) {
	t.Parallel()
	gone := notification.WebhookOutcome{Status: notification.WebhookFailed, Reason: "http_410"}
	s := &attempts{answer: func(int, notification.WebhookAttempt) (notification.WebhookOutcome, error) { return gone, nil }}
	out, err := deliver(t, s)
	require.NoError(t, err)
	require.Equal(t, workflows.DeliverWebhookOutcome{Status: notification.WebhookFailed, Reason: "http_410"}, out)
	require.Len(t, s.asked, 1)

	s = &attempts{answer: func(n int, _ notification.WebhookAttempt) (notification.WebhookOutcome, error) {
		if n < 3 {
			return notification.WebhookOutcome{}, errors.New("no database")
		}
		return notification.WebhookOutcome{}, notification.ErrDeliveryNotFound
	}}
	out, err = deliver(t, s)
	require.NoError(t, err)
	require.Equal(t, workflows.DeliverWebhookOutcome{Deleted: true}, out)
	require.Len(t, s.asked, 3)
	require.Equal(t, s.asked[0], s.asked[2])
}

// TestRedeliver: who asks for a delivery begins a round of all attempts at once; a round
// that has begun begins no more.
func TestRedeliver(t *testing.T) {
	t.Parallel()
	s := &attempts{answer: func(_ int, a notification.WebhookAttempt) (notification.WebhookOutcome, error) {
		if a.Round == 3 {
			return taken, nil
		}
		return again, nil
	}}
	out, err := deliver(t, s, func(env *testsuite.TestWorkflowEnvironment) {
		signal := func(after time.Duration, round int) {
			env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflows.SignalRedeliver, round) }, after)
		}
		signal(0, 1) // as every run gets it that is started
		signal(time.Minute, 2)
		signal(2*time.Minute, 1)
		signal(2*time.Minute, 3)
	})
	require.NoError(t, err)
	require.Equal(t, notification.WebhookDelivered, out.Status)
	var rounds []int
	for _, a := range s.asked {
		rounds = append(rounds, a.Round)
	}
	require.Equal(t, []int{1, 1, 2, 2, 3}, rounds)
	require.Equal(t, []time.Duration{0, 5 * time.Second, time.Minute, time.Minute + 5*time.Second, 2 * time.Minute}, s.at)
}

// TestRedeliverMuch: a run that was asked for often goes on as another, with nothing
// lost.
func TestRedeliverMuch(t *testing.T) {
	t.Parallel()
	s := &attempts{answer: func(int, notification.WebhookAttempt) (notification.WebhookOutcome, error) { return again, nil }}
	_, err := deliver(t, s, func(env *testsuite.TestWorkflowEnvironment) {
		env.SetContinueAsNewSuggested(true)
		env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflows.SignalRedeliver, 2) }, time.Minute)
	})
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, err, &next)
	require.Equal(t, workflows.DeliverWebhookName, next.WorkflowType.Name)
	var in workflows.DeliverWebhookInput
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &in))
	require.Equal(t, workflows.DeliverWebhookInput{DeliveryID: "whd_1", Round: 2, Retries: []time.Duration{5 * time.Second, 5 * time.Minute, 24 * time.Hour}}, in)
}

// TestDeliverWebhookCancelled: whoever cancels a run has it end.
func TestDeliverWebhookCancelled(t *testing.T) {
	t.Parallel()
	s := &attempts{answer: func(int, notification.WebhookAttempt) (notification.WebhookOutcome, error) { return again, nil }}
	_, err := deliver(t, s, func(env *testsuite.TestWorkflowEnvironment) {
		env.RegisterDelayedCallback(env.CancelWorkflow, time.Minute)
	})
	require.ErrorContains(t, err, "canceled")
	require.Len(t, s.asked, 2)
}
