package notificationtest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/id"
	"github.com/skaldhq/skald/services/notification"
)

// WebhookService is all of webhooks.
type WebhookService interface {
	notification.Webhooks
	notification.WebhookWork
}

// WebhooksAtOnce is how many deliveries are on their way to one endpoint, at most.
const WebhooksAtOnce = 2

// EndpointsOfOne is how many endpoints' worth of deliveries are on their way to all of
// one owner.
const EndpointsOfOne = 4

// RunWebhooks runs the suite; each test gets a service without endpoints, that knows
// the types of WebhookTypes and sends by the given sender, to one endpoint not more than
// WebhooksAtOnce.
func RunWebhooks(t *testing.T, open func(*testing.T, notification.WebhookSender) WebhookService) {
	t.Helper()
	for name, test := range map[string]func(*webhookBench){
		"an endpoint":               endpointLives,
		"endpoints race":            endpointsRace,
		"endpoints are their own":   endpointsAreTheirOwn,
		"invalid endpoints":         invalidEndpoints,
		"the most endpoints":        mostEndpoints,
		"pages of endpoints":        endpointPages,
		"secrets rotate":            secretsRotate,
		"secrets race":              secretsRace,
		"events queue once":         eventsQueueOnce,
		"who is told":               whoIsTold,
		"an attempt":                attempt,
		"attempts fail":             attemptsFail,
		"an endpoint that is gone":  endpointGone,
		"an endpoint that moves":    endpointMoves,
		"an endpoint that is busy":  endpointBusy,
		"an owner who is busy":      ownerBusy,
		"a disabled endpoint":       endpointDisabled,
		"a type that is removed":    typeRemoved,
		"redelivery":                redelivery,
		"what is claimed":           whatIsClaimed,
		"claims race":               webhookClaimsRace,
		"what waits":                whatWaits,
		"what was deleted":          whatWasDeleted,
		"what ended":                whatEnded,
		"pages of deliveries":       deliveryPages,
		"deliveries that are not":   deliveriesThatAreNot,
		"an attempt out of its day": attemptOfAnotherRound,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &Stranger{}
			test(&webhookBench{T: t, WebhookService: open(t, s), stranger: s})
		})
	}
}

// WebhookTypes are the types of events that there are.
func WebhookTypes() []string { return []string{"order.confirmed", "order.created", "refund.done"} }

// Stranger is a notification.WebhookSender whose endpoints answer as they are told.
type Stranger struct {
	mu      sync.Mutex
	answers []notification.WebhookAnswer // then they take it
	during  func()                       // happens while they are asked
	broken  error
	got     []notification.WebhookMessage
}

// refusedURL is an address that nobody asks.
const refusedURL = "https://127.0.0.1/"

// Check refuses one address.
func (s *Stranger) Check(url string) error {
	if url == refusedURL {
		return fault.InvalidField("url", "must lead to a public address")
	}
	return nil
}

// Send keeps the message.
func (s *Stranger) Send(_ context.Context, m notification.WebhookMessage) (notification.WebhookAnswer, error) {
	if s.during != nil {
		s.during()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return notification.WebhookAnswer{}, s.broken
	}
	s.got = append(s.got, m)
	if len(s.answers) == 0 {
		return notification.WebhookAnswer{Status: 204}, nil
	}
	answer := s.answers[0]
	s.answers = s.answers[1:]
	return answer, nil
}

func (s *Stranger) answer(all ...notification.WebhookAnswer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers = append(s.answers, all...)
}

// Messages is what they got.
func (s *Stranger) Messages() []notification.WebhookMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got
}

// webhookBench is one test's world.
type webhookBench struct {
	*testing.T
	WebhookService
	stranger *Stranger
}

const (
	shop    = "key_shop"
	another = "key_another"
)

// newEndpoint is a valid request.
func newEndpoint(types ...string) notification.NewEndpoint {
	if len(types) == 0 {
		types = []string{"order.confirmed"}
	}
	return notification.NewEndpoint{ID: notification.EndpointIDPrefix.New(), Owner: shop, EndpointState: notification.EndpointState{
		URL: "https://shop.example/hooks", Description: "the shop", EventTypes: types,
	}}
}

func (b *webhookBench) create(n notification.NewEndpoint) notification.Issued {
	b.Helper()
	issued, created, err := b.CreateEndpoint(b.Context(), n)
	require.NoError(b, err)
	require.True(b, created)
	return issued
}

func (b *webhookBench) change(e notification.Endpoint, change func(*notification.EndpointChange)) (notification.Endpoint, error) {
	c := notification.EndpointChange{
		EndpointRef:   notification.EndpointRef{ID: e.ID, Owner: e.Owner},
		EndpointState: notification.EndpointState{URL: e.URL, Description: e.Description, EventTypes: e.EventTypes},
		Status:        e.Status, Version: e.Version,
	}
	change(&c)
	return b.UpdateEndpoint(b.Context(), c)
}

// event is one of its own.
func event(kind string) notification.WebhookEvent {
	subject := id.Prefix("ord").New()
	return notification.WebhookEvent{ID: subject + "/2", Type: kind, Time: time.Now(), Body: []byte(fmt.Sprintf(`{"id":"%s/2"}`, subject))}
}

// queued makes a delivery to an endpoint.
func (b *webhookBench) queued(e notification.Endpoint) notification.WebhookDelivery {
	b.Helper()
	return Queue(b.T, b, e)
}

// Queue makes a delivery to an endpoint, of an event that it wants.
func Queue(t *testing.T, s WebhookService, e notification.Endpoint) notification.WebhookDelivery {
	t.Helper()
	happened := event(e.EventTypes[0])
	_, err := s.QueueWebhooks(t.Context(), happened)
	require.NoError(t, err)
	page, err := s.ListDeliveries(t.Context(), notification.WebhookDeliveryFilter{Endpoint: notification.EndpointRef{ID: e.ID}, Limit: 100})
	require.NoError(t, err)
	for _, d := range page.Items {
		if d.EventID == happened.ID {
			return d
		}
	}
	require.Fail(t, "the event made no delivery")
	return notification.WebhookDelivery{}
}

func (b *webhookBench) deliveries(e notification.Endpoint) []notification.WebhookDelivery {
	b.Helper()
	page, err := b.ListDeliveries(b.Context(), notification.WebhookDeliveryFilter{Endpoint: notification.EndpointRef{ID: e.ID}, Limit: 100})
	require.NoError(b, err)
	return page.Items
}

// look is how the only delivery of an endpoint stands.
func (b *webhookBench) look(e notification.Endpoint) notification.WebhookDelivery {
	b.Helper()
	all := b.deliveries(e)
	require.Len(b, all, 1)
	return all[0]
}

func (b *webhookBench) attempt(d notification.WebhookDelivery, next time.Duration) notification.WebhookOutcome {
	b.Helper()
	out, err := b.AttemptWebhook(b.Context(), notification.WebhookAttempt{DeliveryID: d.ID, Round: d.Round, Next: next})
	require.NoError(b, err)
	return out
}

// claim takes a few of what is left.
func (b *webhookBench) claim(overdue time.Duration) []notification.WebhookDelivery {
	b.Helper()
	all, err := b.ClaimWebhooks(b.Context(), overdue, 3)
	assert.NoError(b, err)
	return all
}
