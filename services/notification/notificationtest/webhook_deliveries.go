package notificationtest

import (
	"sync"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/notification"
)

// eventsQueueOnce: however often an event comes, and to how many at a time, it makes
// one delivery an endpoint.
func eventsQueueOnce(b *webhookBench) {
	first, second := b.create(newEndpoint()).Endpoint, b.create(newEndpoint("order.confirmed", "refund.done")).Endpoint
	e := event("order.confirmed")
	var mu sync.Mutex
	fresh := 0
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			n, err := b.QueueWebhooks(b.Context(), e)
			mu.Lock()
			defer mu.Unlock()
			assert.NoError(b, err)
			fresh += n
		})
	}
	all.Wait()
	require.Equal(b, 2, fresh)
	for _, endpoint := range []notification.Endpoint{first, second} {
		d := b.look(endpoint)
		require.Equal(b, notification.WebhookDelivery{
			ID: d.ID, EndpointID: endpoint.ID, EventID: e.ID, EventType: e.Type, Status: notification.WebhookPending, Round: 1,
			NextAttemptAt: d.NextAttemptAt, CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt,
		}, d)
		require.NotNil(b, d.NextAttemptAt)
	}
}

// whoIsTold: who wants the type, and was there; one that is disabled once it asks.
func whoIsTold(b *webhookBench) {
	b.create(newEndpoint("refund.done"))
	disabled := b.create(newEndpoint()).Endpoint
	now, err := b.change(disabled, func(c *notification.EndpointChange) { c.Status = notification.Disabled })
	require.NoError(b, err)
	there := b.create(newEndpoint()).Endpoint
	old := event("order.confirmed")
	old.Time = time.Now().Add(-time.Hour)
	n, err := b.QueueWebhooks(b.Context(), old)
	require.NoError(b, err)
	require.Zero(b, n)
	n, err = b.QueueWebhooks(b.Context(), event("order.confirmed"))
	require.NoError(b, err)
	require.Equal(b, 2, n)
	require.Equal(b, notification.WebhookPending, b.look(there).Status)
	missed := b.look(disabled)
	require.Equal(b, []any{notification.WebhookFailed, notification.WebhookDisabled, 0, (*time.Time)(nil)},
		[]any{missed.Status, missed.LastReason, missed.Attempts, missed.NextAttemptAt})
	require.Len(b, b.claim(0), 1, "the other")
	_, err = b.change(now, func(c *notification.EndpointChange) { c.Status = notification.Enabled })
	require.NoError(b, err)
	again, err := b.Redeliver(b.Context(), notification.Redelivery{
		ID: notification.RedeliveryIDPrefix.New(), Endpoint: notification.EndpointRef{ID: disabled.ID}, DeliveryID: missed.ID,
	})
	require.NoError(b, err)
	require.Equal(b, notification.WebhookDelivered, b.attempt(again, 0).Status)
}

// redelivery: it begins a round, once for its id, whatever came of the one before.
func redelivery(b *webhookBench) {
	e := b.create(newEndpoint()).Endpoint
	d := b.queued(e)
	b.attempt(d, 0)
	ref := notification.EndpointRef{ID: e.ID, Owner: shop}
	again := notification.Redelivery{ID: notification.RedeliveryIDPrefix.New(), Endpoint: ref, DeliveryID: d.ID}
	for range 2 {
		fresh, err := b.Redeliver(b.Context(), again)
		require.NoError(b, err)
		require.Equal(b, []any{notification.WebhookPending, 2, 1}, []any{fresh.Status, fresh.Round, fresh.Attempts})
	}
	require.Len(b, b.claim(time.Hour), 1)
	require.Equal(b, notification.WebhookDelivered, b.attempt(b.look(e), 0).Status)
	require.Len(b, b.stranger.Messages(), 2)
	same, err := b.Redeliver(b.Context(), again)
	require.NoError(b, err)
	require.Equal(b, []any{notification.WebhookDelivered, 2}, []any{same.Status, same.Round}, "asked for once")
	other := notification.Redelivery{ID: notification.RedeliveryIDPrefix.New(), Endpoint: ref, DeliveryID: d.ID}
	_, err = b.Redeliver(b.Context(), other)
	require.NoError(b, err)
	_, err = b.change(e, func(c *notification.EndpointChange) { c.Status = notification.Disabled })
	require.NoError(b, err)
	for _, asked := range []notification.Redelivery{again, other} {
		same, err = b.Redeliver(b.Context(), asked)
		require.NoError(b, err, "it had its effect before the endpoint was disabled")
		require.Equal(b, 3, same.Round)
	}

	for _, missing := range []string{notification.WebhookDeliveryIDPrefix.New(), "nonsense"} {
		_, err := b.Redeliver(b.Context(), notification.Redelivery{ID: notification.RedeliveryIDPrefix.New(), Endpoint: ref, DeliveryID: missing})
		require.ErrorIs(b, err, notification.ErrDeliveryNotFound)
	}
	_, err = b.Redeliver(b.Context(), notification.Redelivery{ID: "nonsense", Endpoint: ref, DeliveryID: d.ID})
	require.Equal(b, "redelivery_id", fault.From(err).Field)
}

// whatIsClaimed: what was never started, once, and what should have been tried long ago;
// what was given back is there again.
func whatIsClaimed(b *webhookBench) {
	e := b.create(newEndpoint()).Endpoint
	d := b.queued(e)
	require.Equal(b, []notification.WebhookDelivery{d}, b.claim(time.Hour))
	require.Empty(b, b.claim(time.Hour))
	require.NoError(b, b.ReleaseWebhook(b.Context(), d.ID, 2), "another round")
	require.Empty(b, b.claim(time.Hour))
	require.NoError(b, b.ReleaseWebhook(b.Context(), d.ID, 1))
	require.Len(b, b.claim(time.Hour), 1)
	require.Len(b, b.claim(0), 1, "overdue")
	b.stranger.answer(notification.WebhookAnswer{Status: 500, Reason: "http_500"})
	b.attempt(d, time.Hour)
	require.Empty(b, b.claim(0), "it is not due")
}

// webhookClaimsRace: however many look, each gets what no other has.
func webhookClaimsRace(b *webhookBench) {
	e := b.create(newEndpoint()).Endpoint
	for range 12 {
		b.queued(e)
	}
	var mu sync.Mutex
	times := map[string]int{}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for claimed := b.claim(time.Hour); len(claimed) > 0; claimed = b.claim(time.Hour) {
				mu.Lock()
				for _, d := range claimed {
					times[d.ID]++
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	for _, d := range b.deliveries(e) {
		require.Equal(b, 1, times[d.ID])
	}
}

// whatWaits is counted, with how long the oldest that is due has been.
func whatWaits(b *webhookBench) {
	e := b.create(newEndpoint()).Endpoint
	b.attempt(b.queued(e), 0)
	w, err := b.WaitingWebhooks(b.Context())
	require.NoError(b, err)
	require.Zero(b, w)
	d := b.queued(e)
	w, err = b.WaitingWebhooks(b.Context())
	require.NoError(b, err)
	require.Equal(b, 1, w.Count)
	require.Positive(b, w.Oldest)
	b.stranger.answer(notification.WebhookAnswer{Status: 500, Reason: "http_500"})
	b.attempt(d, time.Hour)
	w, err = b.WaitingWebhooks(b.Context())
	require.NoError(b, err)
	require.Equal(b, notification.Waiting{Count: 1}, w, "it is not due")
}

// whatEnded: it is forgotten after its time; what is pending never is.
func whatEnded(b *webhookBench) {
	e := b.create(newEndpoint()).Endpoint
	b.attempt(b.queued(e), 0)
	pending := b.queued(e)
	n, err := b.ForgetWebhooks(b.Context(), time.Hour, 10)
	require.NoError(b, err)
	require.Zero(b, n)
	n, err = b.ForgetWebhooks(b.Context(), 0, 10)
	require.NoError(b, err)
	require.Equal(b, 1, n)
	require.Equal(b, pending, b.look(e))
}

func deliveryPages(b *webhookBench) {
	e, other := b.create(newEndpoint("order.created")).Endpoint, b.create(newEndpoint("refund.done")).Endpoint
	b.queued(other)
	var want []string
	for range 5 {
		want = append([]string{b.queued(e).ID}, want...)
	}
	var got []string
	for f := (notification.WebhookDeliveryFilter{Endpoint: notification.EndpointRef{ID: e.ID}, Limit: 2}); ; {
		page, err := b.ListDeliveries(b.Context(), f)
		require.NoError(b, err)
		for _, d := range page.Items {
			got = append(got, d.ID)
		}
		if f.Cursor = page.NextCursor; f.Cursor == "" {
			break
		}
	}
	require.Equal(b, want, got)
	page, err := b.ListDeliveries(b.Context(), notification.WebhookDeliveryFilter{Endpoint: notification.EndpointRef{ID: e.ID}, Status: notification.WebhookFailed, Limit: 10})
	require.NoError(b, err)
	require.Empty(b, page.Items)
	_, err = b.ListDeliveries(b.Context(), notification.WebhookDeliveryFilter{Endpoint: notification.EndpointRef{ID: e.ID}, Cursor: "nonsense"})
	require.Equal(b, "cursor", fault.From(err).Field)
}

// whatWasDeleted: nobody is told of it, and it goes bit by bit; who asks for it again is
// told for as long as anything of it is there.
func whatWasDeleted(b *webhookBench) {
	n := newEndpoint()
	e := b.create(n).Endpoint
	for range 3 {
		b.queued(e)
	}
	require.NoError(b, b.DeleteEndpoint(b.Context(), notification.EndpointRef{ID: e.ID}, 0))
	fresh, err := b.QueueWebhooks(b.Context(), event("order.confirmed"))
	require.NoError(b, err)
	require.Zero(b, fresh)
	require.Empty(b, b.claim(0))
	waiting, err := b.WaitingWebhooks(b.Context())
	require.NoError(b, err)
	require.Zero(b, waiting)
	page, err := b.ListEndpoints(b.Context(), notification.EndpointFilter{Limit: 10})
	require.NoError(b, err)
	require.Empty(b, page.Items)
	for _, want := range []int{3, 1, 0} { // two deliveries and the secret; one delivery
		removed, err := b.ForgetWebhooks(b.Context(), time.Hour, 2)
		require.NoError(b, err)
		require.Equal(b, want, removed)
	}
	_, _, err = b.CreateEndpoint(b.Context(), n)
	require.ErrorIs(b, err, notification.ErrEndpointMismatch)
	removed, err := b.ForgetWebhooks(b.Context(), 0, 2)
	require.NoError(b, err)
	require.Equal(b, 1, removed)
	b.create(n)
}

// deliveriesThatAreNot: another endpoint's is none of this one's, and one whose endpoint
// was deleted is gone with it.
func deliveriesThatAreNot(b *webhookBench) {
	e := b.create(newEndpoint()).Endpoint
	d := b.queued(e)
	ref := notification.EndpointRef{ID: e.ID, Owner: shop}
	got, err := b.GetDelivery(b.Context(), notification.WebhookDeliveryRef{Endpoint: ref, ID: d.ID})
	require.NoError(b, err)
	require.Equal(b, d, got)
	others := b.queued(b.create(newEndpoint("refund.done")).Endpoint)
	for _, missing := range []string{others.ID, notification.WebhookDeliveryIDPrefix.New(), "nonsense"} {
		_, err := b.GetDelivery(b.Context(), notification.WebhookDeliveryRef{Endpoint: ref, ID: missing})
		require.ErrorIs(b, err, notification.ErrDeliveryNotFound)
	}
	require.NoError(b, b.DeleteEndpoint(b.Context(), ref, 0))
	for _, missing := range []string{d.ID, notification.WebhookDeliveryIDPrefix.New(), "nonsense"} {
		_, err := b.AttemptWebhook(b.Context(), notification.WebhookAttempt{DeliveryID: missing, Round: 1})
		require.ErrorIs(b, err, notification.ErrDeliveryNotFound)
	}
}
