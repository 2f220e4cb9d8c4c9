package notificationtest

import (
	"errors"
	"sync"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/notification"
)

func attempt(b *webhookBench) {
	made := b.create(newEndpoint())
	d := b.queued(made.Endpoint)
	require.Equal(b, notification.WebhookOutcome{Status: notification.WebhookDelivered}, b.attempt(d, time.Minute))
	m := b.stranger.Messages()[0]
	require.Equal(b, notification.WebhookMessage{
		URL: made.Endpoint.URL, ID: d.EventID, Time: m.Time, Body: []byte(`{"id":"` + d.EventID + `"}`), Secrets: []string{made.Secret},
	}, m)
	require.WithinDuration(b, time.Now(), m.Time, time.Minute)
	was := b.look(made.Endpoint)
	require.Equal(b, []any{notification.WebhookDelivered, 1, 204, "", (*time.Time)(nil)}, []any{was.Status, was.Attempts, was.LastStatus, was.LastReason, was.NextAttemptAt})
	require.NotNil(b, was.LastAttemptAt)
	require.Equal(b, notification.WebhookOutcome{Status: notification.WebhookDelivered}, b.attempt(d, 0), "it is not sent again")
	require.Equal(b, was, b.look(made.Endpoint))
	require.Len(b, b.stranger.Messages(), 1)
}

// attemptsFail: each is kept with when the next one is; the last ends it. A failure of
// ours is an error, and leaves it as it is.
func attemptsFail(b *webhookBench) {
	e := b.create(newEndpoint()).Endpoint
	d := b.queued(e)
	b.stranger.broken = errors.New("a defect")
	_, err := b.AttemptWebhook(b.Context(), notification.WebhookAttempt{DeliveryID: d.ID, Round: 1})
	require.Equal(b, fault.Unknown, fault.KindOf(err))
	b.stranger.broken = nil
	require.Equal(b, d, b.look(e))

	b.stranger.answer(notification.WebhookAnswer{Status: 500, Reason: "http_500"}, notification.WebhookAnswer{Reason: notification.WebhookTimeout})
	require.Equal(b, notification.WebhookOutcome{Status: notification.WebhookPending, Reason: "http_500"}, b.attempt(d, time.Hour))
	was := b.look(e)
	require.Equal(b, []any{notification.WebhookPending, 1, 500, "http_500"}, []any{was.Status, was.Attempts, was.LastStatus, was.LastReason})
	require.WithinDuration(b, was.LastAttemptAt.Add(time.Hour), *was.NextAttemptAt, time.Second)
	require.Equal(b, notification.WebhookOutcome{Status: notification.WebhookFailed, Reason: notification.WebhookTimeout}, b.attempt(d, 0))
	was = b.look(e)
	require.Equal(b, []any{notification.WebhookFailed, 2, 0, notification.WebhookTimeout, (*time.Time)(nil)}, []any{was.Status, was.Attempts, was.LastStatus, was.LastReason, was.NextAttemptAt})
}

// endpointGone: 410 ends the delivery and disables the endpoint; what else was for it
// fails unsent.
func endpointGone(b *webhookBench) {
	e := b.create(newEndpoint()).Endpoint
	d, other := b.queued(e), b.queued(e)
	b.stranger.answer(notification.WebhookAnswer{Status: 410, Reason: "http_410"})
	require.Equal(b, notification.WebhookOutcome{Status: notification.WebhookFailed, Reason: "http_410"}, b.attempt(d, time.Hour))
	now, err := b.GetEndpoint(b.Context(), notification.EndpointRef{ID: e.ID})
	require.NoError(b, err)
	require.Equal(b, []any{notification.Disabled, notification.DisabledGone, int64(2)}, []any{now.Status, now.Reason, now.Version})
	require.Equal(b, notification.WebhookOutcome{Status: notification.WebhookFailed, Reason: notification.WebhookDisabled}, b.attempt(other, time.Hour))
	require.Len(b, b.stranger.Messages(), 1)
	kept, err := b.change(now, func(c *notification.EndpointChange) { c.Description = "that was" })
	require.NoError(b, err)
	require.Equal(b, notification.DisabledGone, kept.Reason)
	back, err := b.change(kept, func(c *notification.EndpointChange) { c.Status = notification.Enabled })
	require.NoError(b, err)
	require.Empty(b, back.Reason)
}

// endpointMoves: 410 of where it was says nothing of where it is.
func endpointMoves(b *webhookBench) {
	e := b.create(newEndpoint()).Endpoint
	d := b.queued(e)
	b.stranger.answer(notification.WebhookAnswer{Status: 410, Reason: "http_410"})
	b.stranger.during = func() {
		b.stranger.during = nil
		_, err := b.change(e, func(c *notification.EndpointChange) { c.URL = "https://elsewhere.example/" })
		require.NoError(b, err)
	}
	require.Equal(b, notification.WebhookOutcome{Status: notification.WebhookPending, Reason: "http_410"}, b.attempt(d, time.Hour))
	now, err := b.GetEndpoint(b.Context(), notification.EndpointRef{ID: e.ID})
	require.NoError(b, err)
	require.Equal(b, notification.Enabled, now.Status)
	require.Equal(b, notification.WebhookDelivered, b.attempt(d, time.Hour).Status)
	require.Equal(b, "https://elsewhere.example/", b.stranger.Messages()[1].URL)
}

// endpointBusy: what is on its way to one that does not answer leaves the others room;
// the rest stays as it is, and has its turn.
func endpointBusy(b *webhookBench) {
	slow, quick := b.create(newEndpoint()).Endpoint, b.create(newEndpoint("refund.done")).Endpoint
	answer := b.hang(slow)
	waits := b.queued(slow)
	b.requireBusy(waits)
	require.Equal(b, waits, b.deliveries(slow)[0])
	require.Equal(b, notification.WebhookDelivered, b.attempt(b.queued(quick), 0).Status)
	answer()
	require.Equal(b, notification.WebhookDelivered, b.attempt(waits, 0).Status)
}

// ownerBusy: as many endpoints as somebody may have take no more than their share either.
func ownerBusy(b *webhookBench) {
	var slow []notification.Endpoint
	for range EndpointsOfOne {
		slow = append(slow, b.create(newEndpoint()).Endpoint)
	}
	others := newEndpoint("refund.done")
	others.Owner = "another"
	own, quick := b.create(newEndpoint("refund.done")).Endpoint, b.create(others).Endpoint
	answer := b.hang(slow...)
	waits := b.queued(own)
	b.requireBusy(waits)
	require.Equal(b, notification.WebhookDelivered, b.attempt(b.queued(quick), 0).Status)
	answer()
	require.Equal(b, notification.WebhookDelivered, b.attempt(waits, 0).Status)
}

// hang has as many deliveries on their way to endpoints as can be, until they answer.
func (b *webhookBench) hang(to ...notification.Endpoint) (answer func()) {
	b.Helper()
	asked, answered := make(chan struct{}), make(chan struct{})
	b.stranger.during = func() {
		asked <- struct{}{}
		<-answered
	}
	var all sync.WaitGroup
	for _, e := range to {
		for range WebhooksAtOnce {
			d := b.queued(e)
			all.Go(func() { assert.Equal(b, notification.WebhookDelivered, b.attempt(d, 0).Status) })
		}
	}
	for range WebhooksAtOnce * len(to) {
		<-asked
	}
	b.stranger.during = nil
	return func() {
		close(answered)
		all.Wait()
	}
}

// requireBusy: a delivery finds no place.
func (b *webhookBench) requireBusy(d notification.WebhookDelivery) {
	b.Helper()
	_, err := b.AttemptWebhook(b.Context(), notification.WebhookAttempt{DeliveryID: d.ID, Round: 1})
	require.ErrorIs(b, err, notification.ErrEndpointBusy)
}

func endpointDisabled(b *webhookBench) {
	e := b.create(newEndpoint()).Endpoint
	d := b.queued(e)
	disabled, err := b.change(e, func(c *notification.EndpointChange) { c.Status = notification.Disabled })
	require.NoError(b, err)
	require.Equal(b, notification.WebhookOutcome{Status: notification.WebhookFailed, Reason: notification.WebhookDisabled}, b.attempt(d, time.Hour))
	require.Empty(b, b.stranger.Messages())
	require.Zero(b, b.look(e).Attempts)
	again := notification.Redelivery{ID: notification.RedeliveryIDPrefix.New(), Endpoint: notification.EndpointRef{ID: e.ID}, DeliveryID: d.ID}
	_, err = b.Redeliver(b.Context(), again)
	require.ErrorIs(b, err, notification.ErrEndpointDisabled)
	_, err = b.change(disabled, func(c *notification.EndpointChange) { c.Status = notification.Enabled })
	require.NoError(b, err)
	fresh, err := b.Redeliver(b.Context(), again)
	require.NoError(b, err)
	require.Equal(b, notification.WebhookDelivered, b.attempt(fresh, 0).Status)
}

// typeRemoved: what an endpoint does not have any more is not sent to where it has moved.
func typeRemoved(b *webhookBench) {
	e := b.create(newEndpoint()).Endpoint
	d := b.queued(e)
	moved, err := b.change(e, func(c *notification.EndpointChange) {
		c.URL, c.EventTypes = "https://elsewhere.example/", []string{"refund.done"}
	})
	require.NoError(b, err)
	require.Equal(b, notification.WebhookOutcome{Status: notification.WebhookFailed, Reason: notification.WebhookUnwanted}, b.attempt(d, time.Hour))
	require.Equal(b, notification.WebhookDelivered, b.attempt(b.queued(moved), 0).Status)
	require.Len(b, b.stranger.Messages(), 1)
}

// attemptOfAnotherRound: one that comes late sends nothing, and ends nothing.
func attemptOfAnotherRound(b *webhookBench) {
	e := b.create(newEndpoint()).Endpoint
	d := b.queued(e)
	_, err := b.Redeliver(b.Context(), notification.Redelivery{ID: notification.RedeliveryIDPrefix.New(), Endpoint: notification.EndpointRef{ID: e.ID}, DeliveryID: d.ID})
	require.NoError(b, err)
	require.Equal(b, notification.WebhookPending, b.attempt(d, 0).Status)
	require.Empty(b, b.stranger.Messages())
}
