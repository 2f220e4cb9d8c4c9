package workers_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/services/notification"
	"github.com/skaldhq/skald/workers"
	"github.com/skaldhq/skald/workflows"
)

// webhooksLeft are deliveries that nobody started.
type webhooksLeft struct {
	notification.WebhookWork
	left     []notification.WebhookDelivery
	mu       sync.Mutex
	released []string
}

func (l *webhooksLeft) ClaimWebhooks(context.Context, time.Duration, int) ([]notification.WebhookDelivery, error) {
	return l.left, nil
}

func (l *webhooksLeft) ReleaseWebhook(ctx context.Context, deliveryID string, _ int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.released = append(l.released, deliveryID)
	return ctx.Err()
}

// signals is a Temporal that signals workflows, or starts them, but for one.
type signals struct {
	client.Client
	broken string
	mu     sync.Mutex
	inputs map[string]any // by workflow id
}

func (s *signals) SignalWithStartWorkflow(_ context.Context, id, signal string, round any, _ client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id == s.broken {
		return nil, errors.New("down")
	}
	s.inputs[id] = []any{signal, round, args[0]}
	return nil, nil //nolint:nilnil // nobody asks for the run
}

// TestDispatchWebhooks: what was not started is; one that cannot be is given back, by who
// is told to stop too, and holds up no other.
func TestDispatchWebhooks(t *testing.T) {
	t.Parallel()
	retries := []time.Duration{time.Second}
	work := &webhooksLeft{left: []notification.WebhookDelivery{{ID: "whd_1", Round: 1}, {ID: "whd_2", Round: 3}}}
	c := &signals{broken: "webhook/whd_1", inputs: map[string]any{}}
	d := workers.NewWebhookDispatcher(c, work, retries)
	n, err := d.Dispatch(t.Context())
	require.ErrorContains(t, err, "whd_1")
	require.Equal(t, 1, n)
	require.Equal(t, map[string]any{"webhook/whd_2": []any{workflows.SignalRedeliver, 3, workflows.DeliverWebhookInput{DeliveryID: "whd_2", Round: 3, Retries: retries}}}, c.inputs)
	require.Equal(t, []string{"whd_1"}, work.released)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	_, err = d.Dispatch(stopped)
	require.NotErrorIs(t, err, context.Canceled)
	require.Equal(t, []string{"whd_1", "whd_1"}, work.released)
}
