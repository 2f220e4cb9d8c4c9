package platform

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/skaldhq/skald/db"
	"github.com/skaldhq/skald/internal/event"
	"github.com/skaldhq/skald/internal/outbound"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/notification"
	"github.com/skaldhq/skald/services/notification/notificationpg"
	"github.com/skaldhq/skald/services/notification/standardwebhooks"
)

const (
	// webhooks names the consumer whose events integrators are told of, and its group at
	// the brokers.
	webhooks = "skald.webhooks"
	// webhookPause is between two looks for deliveries to start: they all begin so.
	webhookPause = 500 * time.Millisecond
)

// newWebhooks joins webhooks to their database and to the world.
func (p *Platform) newWebhooks(pool pg.Pool) (*notificationpg.Webhooks, error) {
	c := p.config.Webhooks
	var keys, types []string
	for _, key := range c.Keys {
		keys = append(keys, string(key))
	}
	for _, service := range db.Services() {
		for _, t := range event.Types(service) {
			types = append(types, string(t))
		}
	}
	sender := standardwebhooks.New(outbound.New(outbound.Options{Allow: c.Allow, Ports: c.Ports, Timeout: c.Timeout}))
	return notificationpg.NewWebhooks(pool, notificationpg.WebhookOptions{Keys: keys, Types: types, Sender: newCounted(sender, p.metrics)})
}

// metricWebhooks counts attempts at webhooks, by outcome: these, or why there was no answer.
const (
	metricWebhooks = "skald_webhook_attempts_total"

	delivered = "delivered"
	refused   = "refused" // by an answer that is not 2xx; which one is no label, since endpoints choose it
	unsent    = "internal"
)

// counted is a sender of webhooks that counts what came of each attempt.
type counted struct {
	notification.WebhookSender
	attempts *prometheus.CounterVec
}

func newCounted(s notification.WebhookSender, with prometheus.Registerer) counted {
	c := counted{WebhookSender: s, attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: metricWebhooks, Help: "Attempts to send webhooks, and what became of them.",
	}, []string{"outcome"})}
	with.MustRegister(c.attempts)
	for _, outcome := range []string{
		delivered, refused, unsent,
		notification.WebhookTimeout, notification.WebhookUnreachable, notification.WebhookTLSFailed, notification.WebhookAddressRefused,
	} { // a rate knows nothing of what has only just begun to be
		c.attempts.WithLabelValues(outcome)
	}
	return c
}

// Send sends, and counts what came of it.
func (c counted) Send(ctx context.Context, m notification.WebhookMessage) (notification.WebhookAnswer, error) {
	a, err := c.WebhookSender.Send(ctx, m)
	outcome := cmp.Or(a.Reason, delivered)
	switch {
	case err != nil:
		outcome = unsent
	case a.Reason != "" && a.Status != 0:
		outcome = refused
	}
	c.attempts.WithLabelValues(outcome).Inc()
	return a, err
}

// queue gives events to the endpoints that want them.
type queue struct{ to notification.WebhookWork }

func (q queue) Handle(ctx context.Context, e cloudevents.Event) (bool, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return false, fmt.Errorf("write event %s: %w", e.ID(), err)
	}
	n, err := q.to.QueueWebhooks(ctx, notification.WebhookEvent{ID: e.ID(), Type: e.Type(), Time: e.Time(), Body: body})
	return n > 0, err
}
