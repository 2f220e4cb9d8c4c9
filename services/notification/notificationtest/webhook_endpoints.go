package notificationtest

import (
	"encoding/base64"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/notification"
)

// endpointLives: it is made once, found, changed from its version only, and deleted.
func endpointLives(b *webhookBench) {
	n := newEndpoint("refund.done", "order.confirmed", "order.confirmed")
	made := b.create(n)
	e := made.Endpoint
	require.Equal(b, notification.Endpoint{
		ID: n.ID, Owner: shop, URL: n.URL, Description: n.Description, EventTypes: []string{"order.confirmed", "refund.done"},
		Status: notification.Enabled, Version: 1, CreatedAt: e.CreatedAt, UpdatedAt: e.CreatedAt,
	}, e)
	require.Equal(b, time.UTC, e.CreatedAt.Location())
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(made.Secret, "whsec_"))
	require.NoError(b, err)
	require.True(b, strings.HasPrefix(made.Secret, "whsec_") && len(raw) >= 24 && len(raw) <= 64)

	found, created, err := b.CreateEndpoint(b.Context(), n)
	require.NoError(b, err)
	require.False(b, created)
	require.Equal(b, made, found, "the secret too")
	other := n
	other.URL = "https://other.example/"
	_, _, err = b.CreateEndpoint(b.Context(), other)
	require.ErrorIs(b, err, notification.ErrEndpointMismatch)

	changed, err := b.change(e, func(c *notification.EndpointChange) {
		c.URL, c.Description, c.Status = "https://other.example/", "", notification.Disabled
	})
	require.NoError(b, err)
	require.Equal(b, []any{"https://other.example/", notification.Disabled, notification.DisabledByRequest, int64(2)}, []any{changed.URL, changed.Status, changed.Reason, changed.Version})
	got, err := b.GetEndpoint(b.Context(), notification.EndpointRef{ID: e.ID, Owner: shop})
	require.NoError(b, err)
	require.Equal(b, changed, got)
	_, err = b.change(e, func(*notification.EndpointChange) {})
	require.ErrorIs(b, err, notification.ErrEndpointChanged)

	ref := notification.EndpointRef{ID: e.ID, Owner: shop}
	require.ErrorIs(b, b.DeleteEndpoint(b.Context(), ref, 1), notification.ErrEndpointChanged)
	require.NoError(b, b.DeleteEndpoint(b.Context(), ref, 2))
	require.ErrorIs(b, b.DeleteEndpoint(b.Context(), ref, 0), notification.ErrEndpointNotFound)
}

// endpointsRace: the same request at the same time makes one, with one secret.
func endpointsRace(b *webhookBench) {
	n := newEndpoint()
	var mu sync.Mutex
	secrets, fresh := map[string]bool{}, 0
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			issued, created, err := b.CreateEndpoint(b.Context(), n)
			mu.Lock()
			defer mu.Unlock()
			assert.NoError(b, err)
			secrets[issued.Secret] = true
			if created {
				fresh++
			}
		})
	}
	all.Wait()
	require.Equal(b, 1, fresh)
	require.Len(b, secrets, 1)
}

// endpointsAreTheirOwn: another's answers as one that is not there.
func endpointsAreTheirOwn(b *webhookBench) {
	e := b.create(newEndpoint()).Endpoint
	d := b.queued(e)
	for _, ref := range []notification.EndpointRef{{ID: e.ID, Owner: another}, {ID: notification.EndpointIDPrefix.New()}, {ID: "nonsense"}} {
		_, err := b.GetEndpoint(b.Context(), ref)
		require.ErrorIs(b, err, notification.ErrEndpointNotFound)
		_, err = b.change(e, func(c *notification.EndpointChange) { c.EndpointRef = ref })
		require.ErrorIs(b, err, notification.ErrEndpointNotFound)
		require.ErrorIs(b, b.DeleteEndpoint(b.Context(), ref, 0), notification.ErrEndpointNotFound)
		_, err = b.RotateSecret(b.Context(), notification.Rotation{EndpointRef: ref, SecretID: notification.SecretIDPrefix.New()})
		require.ErrorIs(b, err, notification.ErrEndpointNotFound)
		_, err = b.ListDeliveries(b.Context(), notification.WebhookDeliveryFilter{Endpoint: ref, Limit: 10})
		require.ErrorIs(b, err, notification.ErrEndpointNotFound)
		_, err = b.GetDelivery(b.Context(), notification.WebhookDeliveryRef{Endpoint: ref, ID: d.ID})
		require.ErrorIs(b, err, notification.ErrEndpointNotFound)
		_, err = b.Redeliver(b.Context(), notification.Redelivery{ID: notification.RedeliveryIDPrefix.New(), Endpoint: ref, DeliveryID: d.ID})
		require.ErrorIs(b, err, notification.ErrEndpointNotFound)
	}
	mine, err := b.ListEndpoints(b.Context(), notification.EndpointFilter{Owner: another, Limit: 10})
	require.NoError(b, err)
	require.Empty(b, mine.Items)
	taken := newEndpoint()
	taken.ID, taken.Owner = e.ID, another
	_, _, err = b.CreateEndpoint(b.Context(), taken)
	require.ErrorIs(b, err, notification.ErrEndpointMismatch)
}

// invalidEndpoints: the field that is wrong is named, and nothing is kept.
func invalidEndpoints(b *webhookBench) {
	for _, test := range []struct {
		field string
		spoil func(*notification.NewEndpoint)
	}{
		{"endpoint_id", func(n *notification.NewEndpoint) { n.ID = "nonsense" }},
		{"owner", func(n *notification.NewEndpoint) { n.Owner = "" }},
		{"url", func(n *notification.NewEndpoint) { n.URL = "" }},
		{"url", func(n *notification.NewEndpoint) { n.URL = refusedURL }},
		{"url", func(n *notification.NewEndpoint) { n.URL = "https://shop.example/\xff" }},
		{"url", func(n *notification.NewEndpoint) { n.URL = "https://shop.example/" + strings.Repeat("a", 2000) }},
		{"description", func(n *notification.NewEndpoint) { n.Description = strings.Repeat("ö", 201) }},
		{"description", func(n *notification.NewEndpoint) { n.Description = "a\x00b" }},
		{"event_types", func(n *notification.NewEndpoint) { n.EventTypes = nil }},
		{"event_types[1]", func(n *notification.NewEndpoint) { n.EventTypes = []string{"order.confirmed", "order"} }},
		{"event_types[1]", func(n *notification.NewEndpoint) { n.EventTypes = []string{"order.confirmed", "order.lost"} }},
	} {
		n := newEndpoint()
		test.spoil(&n)
		_, _, err := b.CreateEndpoint(b.Context(), n)
		require.Equal(b, fault.Invalid, fault.KindOf(err), "%v", err)
		require.Equal(b, test.field, fault.From(err).Field)
	}
	page, err := b.ListEndpoints(b.Context(), notification.EndpointFilter{Limit: 10})
	require.NoError(b, err)
	require.Empty(b, page.Items)
	e := b.create(newEndpoint()).Endpoint
	_, err = b.change(e, func(c *notification.EndpointChange) { c.Status = "lost" })
	require.Equal(b, "status", fault.From(err).Field)
	_, err = b.change(e, func(c *notification.EndpointChange) { c.URL = refusedURL })
	require.Equal(b, "url", fault.From(err).Field)
	_, err = b.RotateSecret(b.Context(), notification.Rotation{EndpointRef: notification.EndpointRef{ID: e.ID}, SecretID: "nonsense"})
	require.Equal(b, "secret_id", fault.From(err).Field)
}

// mostEndpoints: an owner has so many and no more, however many are asked for at a time;
// the last one asked for again is found, another owner has room, and so has who deletes
// one.
func mostEndpoints(b *webhookBench) {
	for range notification.MostEndpoints - 1 {
		b.create(newEndpoint())
	}
	var mu sync.Mutex
	var made []notification.NewEndpoint
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			n := newEndpoint()
			_, _, err := b.CreateEndpoint(b.Context(), n)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				made = append(made, n)
				return
			}
			assert.ErrorIs(b, err, notification.ErrEndpointsMost)
		})
	}
	all.Wait()
	require.Len(b, made, 1)
	_, created, err := b.CreateEndpoint(b.Context(), made[0])
	require.NoError(b, err)
	require.False(b, created)
	others := newEndpoint()
	others.Owner = another
	b.create(others)
	require.NoError(b, b.DeleteEndpoint(b.Context(), notification.EndpointRef{ID: made[0].ID}, 0))
	b.create(newEndpoint())
}

func endpointPages(b *webhookBench) {
	var want []string
	for range 5 {
		want = append([]string{b.create(newEndpoint()).Endpoint.ID}, want...)
	}
	var got []string
	for cursor := ""; ; {
		page, err := b.ListEndpoints(b.Context(), notification.EndpointFilter{Owner: shop, Limit: 2, Cursor: cursor})
		require.NoError(b, err)
		for _, e := range page.Items {
			got = append(got, e.ID)
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	require.Equal(b, want, got)
	_, err := b.ListEndpoints(b.Context(), notification.EndpointFilter{Cursor: "nonsense"})
	require.Equal(b, "cursor", fault.From(err).Field)
}

// secretsRotate: the new one signs along with those before, the newest first; as many
// as there may be.
func secretsRotate(b *webhookBench) {
	made := b.create(newEndpoint())
	secrets := []string{made.Secret}
	ref := notification.EndpointRef{ID: made.Endpoint.ID, Owner: shop}
	for len(secrets) < notification.MostSecrets {
		r := notification.Rotation{EndpointRef: ref, SecretID: notification.SecretIDPrefix.New()}
		issued, err := b.RotateSecret(b.Context(), r)
		require.NoError(b, err)
		again, err := b.RotateSecret(b.Context(), r)
		require.NoError(b, err)
		require.Equal(b, issued, again)
		require.NotContains(b, secrets, issued.Secret)
		secrets = append([]string{issued.Secret}, secrets...)
	}
	_, err := b.RotateSecret(b.Context(), notification.Rotation{EndpointRef: ref, SecretID: notification.SecretIDPrefix.New()})
	require.ErrorIs(b, err, notification.ErrSecretsMost)
	b.attempt(b.queued(made.Endpoint), 0)
	require.Equal(b, secrets, b.stranger.Messages()[0].Secrets)
}

// secretsRace: two who rotate at the same time get one each, and both sign.
func secretsRace(b *webhookBench) {
	made := b.create(newEndpoint())
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			_, err := b.RotateSecret(b.Context(), notification.Rotation{
				EndpointRef: notification.EndpointRef{ID: made.Endpoint.ID}, SecretID: notification.SecretIDPrefix.New(),
			})
			assert.NoError(b, err)
		})
	}
	all.Wait()
	b.attempt(b.queued(made.Endpoint), 0)
	require.Len(b, b.stranger.Messages()[0].Secrets, 4)
}
