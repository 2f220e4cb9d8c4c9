package platform

import (
	"context"
	"errors"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/services/notification"
)

// answering is a sender that is told what comes of sending.
type answering struct {
	notification.WebhookSender
	answer notification.WebhookAnswer
	err    error
}

func (a answering) Send(context.Context, notification.WebhookMessage) (notification.WebhookAnswer, error) {
	return a.answer, a.err
}

// TestWebhooksCounted: each attempt is counted once, by a label that no endpoint
// chooses, and its answer is passed on.
func TestWebhooksCounted(t *testing.T) {
	t.Parallel()
	for outcome, sent := range map[string]answering{
		"delivered": {answer: notification.WebhookAnswer{Status: 204}},
		"refused":   {answer: notification.WebhookAnswer{Status: 599, Reason: "http_599"}},
		"timeout":   {answer: notification.WebhookAnswer{Reason: "timeout"}},
		"internal":  {err: errors.New("no secret")},
	} {
		c := newCounted(sent, prometheus.NewRegistry())
		outcomes := testutil.CollectAndCount(c.attempts)
		answer, err := c.Send(t.Context(), notification.WebhookMessage{})
		require.Equal(t, sent.answer, answer)
		require.Equal(t, sent.err, err)
		require.InDelta(t, 1, testutil.ToFloat64(c.attempts.WithLabelValues(outcome)), 0)
		require.Equal(t, outcomes, testutil.CollectAndCount(c.attempts), "all were there from the start")
	}
}
