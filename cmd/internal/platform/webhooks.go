package platform

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"

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
	// webhookBatch is how much of them is forgotten, or sealed anew, at a time.
	webhookBatch = 200
)

// newWebhooks joins webhooks to their database and to the world.
func (p *Platform) newWebhooks(pool pg.Pool) (*notificationpg.Webhooks, error) {
	c := p.config.Webhooks
	keys, err := c.Ring()
	if err != nil {
		return nil, err
	}
	return notificationpg.NewWebhooks(pool, notificationpg.WebhookOptions{
		Keys: keys, Types: event.Names(db.Services()...), AtOnce: c.AtOnce, Tell: p.tellWebhooks(),
		Sender: standardwebhooks.New(outbound.New(outbound.Options{Allow: c.Allow, Ports: c.Ports, Timeout: c.Timeout})),
	}), nil
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
