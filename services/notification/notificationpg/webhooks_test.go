package notificationpg_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/internal/rpc/rpctest"
	"github.com/skaldhq/skald/internal/seal"
	"github.com/skaldhq/skald/services/notification"
	"github.com/skaldhq/skald/services/notification/notificationhttp"
	"github.com/skaldhq/skald/services/notification/notificationpg"
	"github.com/skaldhq/skald/services/notification/notificationtest"
)

// key is one that secrets are sealed with.
func key(name string) string {
	return name + "=" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte(name), seal.KeySize))
}

func webhooks(t *testing.T, pool *pgxpool.Pool, by notification.WebhookSender, keys ...string) *notificationpg.Webhooks {
	t.Helper()
	ring, err := seal.ParseRing(keys...)
	require.NoError(t, err)
	return notificationpg.NewWebhooks(pool, notificationpg.WebhookOptions{
		Keys: ring, Types: notificationtest.WebhookTypes(), Sender: by, AtOnce: notificationtest.WebhooksAtOnce,
		Tell: func(context.Context, notification.WebhookTold) {},
	})
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	notificationtest.RunWebhooks(t, func(t *testing.T, by notification.WebhookSender) notificationtest.WebhookService {
		return webhooks(t, cluster.Database(t, "notification"), by, key("a"))
	})
}

// TestWebhooksAcrossTheNetwork: nobody can tell a service from its client.
func TestWebhooksAcrossTheNetwork(t *testing.T) {
	t.Parallel()
	notificationtest.RunWebhooks(t, func(t *testing.T, by notification.WebhookSender) notificationtest.WebhookService {
		type here struct{ notification.WebhookWork }
		s := webhooks(t, cluster.Database(t, "notification"), by, key("a"))
		at := rpctest.Across(t, "notification", func(to *rpc.Server) { notificationhttp.ServeWebhooks(to, s) })
		return struct {
			notificationhttp.Webhooks
			here
		}{notificationhttp.NewWebhooks(at), here{s}}
	})
}

func endpoint() notification.NewEndpoint {
	return notification.NewEndpoint{ID: notification.EndpointIDPrefix.New(), Owner: "key_shop", EndpointState: notification.EndpointState{
		URL: "https://shop.example/", EventTypes: []string{"order.confirmed"},
	}}
}

// TestSecretsAtRest: no secret can be read from the database, nor moved to another
// endpoint; a key is replaced by another in front of it.
func TestSecretsAtRest(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "notification")
	n := endpoint()
	made, _, err := webhooks(t, pool, &notificationtest.Stranger{}, key("a")).CreateEndpoint(t.Context(), n)
	require.NoError(t, err)
	var dump string
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT string_agg(s::text || encode(s.sealed, 'escape'), '') FROM webhook_secrets s").Scan(&dump))
	require.NotContains(t, dump, made.Secret)
	require.NotContains(t, dump, "whsec_")

	found, _, err := webhooks(t, pool, &notificationtest.Stranger{}, key("b"), key("a")).CreateEndpoint(t.Context(), n)
	require.NoError(t, err)
	require.Equal(t, made.Secret, found.Secret)
	_, _, err = webhooks(t, pool, &notificationtest.Stranger{}, key("b")).CreateEndpoint(t.Context(), n)
	require.Equal(t, fault.Internal, fault.KindOf(err))
	require.NotContains(t, err.Error(), "whsec_")

	other, w := endpoint(), webhooks(t, pool, &notificationtest.Stranger{}, key("a"))
	_, _, err = w.CreateEndpoint(t.Context(), other)
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), "UPDATE webhook_secrets SET sealed = (SELECT sealed FROM webhook_secrets ORDER BY created_at LIMIT 1)")
	require.NoError(t, err)
	_, _, err = w.CreateEndpoint(t.Context(), other)
	require.Equal(t, fault.Internal, fault.KindOf(err))
}

// TestNoKey: without one no secret is kept, and nothing else is in the way.
func TestNoKey(t *testing.T) {
	t.Parallel()
	w := webhooks(t, cluster.Database(t, "notification"), &notificationtest.Stranger{})
	_, _, err := w.CreateEndpoint(t.Context(), endpoint())
	require.ErrorIs(t, err, notification.ErrWebhooksOff)
	_, err = w.RotateSecret(t.Context(), notification.Rotation{SecretID: notification.SecretIDPrefix.New()})
	require.ErrorIs(t, err, notification.ErrWebhooksOff)
}

// TestReseal: what is sealed with an older key is sealed with the first, once, whoever
// does it; one whose key is gone holds up no other, and signs no more once there is a
// newer one.
func TestReseal(t *testing.T) {
	t.Parallel()
	pool, stranger := cluster.Database(t, "notification"), &notificationtest.Stranger{}
	lost, old := webhooks(t, pool, stranger, key("x")), webhooks(t, pool, stranger, key("a"))
	n := endpoint()
	made, _, err := lost.CreateEndpoint(t.Context(), n)
	require.NoError(t, err)
	rotated, err := old.RotateSecret(t.Context(), notification.Rotation{EndpointRef: notification.EndpointRef{ID: n.ID}, SecretID: notification.SecretIDPrefix.New()})
	require.NoError(t, err)
	now := webhooks(t, pool, stranger, key("b"), key("a"))
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			_, err := now.ResealSecrets(t.Context(), 10)
			assert.ErrorContains(t, err, "there is no key x")
		})
	}
	all.Wait()
	var names []string
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT array_agg(key_id ORDER BY key_id) FROM webhook_secrets").Scan(&names))
	require.Equal(t, []string{"b", "x"}, names)
	done, err := webhooks(t, pool, stranger).ResealSecrets(t.Context(), 10)
	require.NoError(t, err)
	require.Zero(t, done, "without a key")

	fresh := webhooks(t, pool, stranger, key("b"))
	_, err = fresh.AttemptWebhook(t.Context(), notification.WebhookAttempt{DeliveryID: notificationtest.Queue(t, fresh, made.Endpoint).ID, Round: 1})
	require.NoError(t, err)
	require.Equal(t, []string{rotated.Secret}, stranger.Messages()[0].Secrets)
	_, err = pool.Exec(t.Context(), "UPDATE webhook_secrets SET key_id = 'y' WHERE ends_at IS NULL")
	require.NoError(t, err)
	_, err = fresh.AttemptWebhook(t.Context(), notification.WebhookAttempt{DeliveryID: notificationtest.Queue(t, fresh, made.Endpoint).ID, Round: 1})
	require.Equal(t, fault.Internal, fault.KindOf(err))
	require.Len(t, stranger.Messages(), 1)
}

// TestSecretsEnd: what has ended signs no more, makes room for another, and is never
// made again.
func TestSecretsEnd(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "notification")
	w := webhooks(t, pool, &notificationtest.Stranger{}, key("a"))
	n := endpoint()
	made, _, err := w.CreateEndpoint(t.Context(), n)
	require.NoError(t, err)
	ref := notification.EndpointRef{ID: made.Endpoint.ID}
	rotatedID := notification.SecretIDPrefix.New()
	rotated, err := w.RotateSecret(t.Context(), notification.Rotation{EndpointRef: ref, SecretID: rotatedID})
	require.NoError(t, err)
	var days float64
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT extract(epoch FROM ends_at - now()) / 86400 FROM webhook_secrets WHERE ends_at IS NOT NULL").Scan(&days))
	require.InDelta(t, 1, days, 0.01)
	_, err = pool.Exec(t.Context(), "UPDATE webhook_secrets SET ends_at = now() - interval '1 second' WHERE ends_at IS NOT NULL")
	require.NoError(t, err)
	_, _, err = w.CreateEndpoint(t.Context(), n)
	require.ErrorIs(t, err, notification.ErrEndpointMismatch, "its secret has ended")
	again := notification.Rotation{EndpointRef: ref, SecretID: notification.SecretIDPrefix.New()}
	_, err = w.RotateSecret(t.Context(), again)
	require.NoError(t, err)
	require.NotEqual(t, made.Secret, rotated.Secret)

	_, err = pool.Exec(t.Context(), "UPDATE webhook_secrets SET ends_at = now() - interval '1 second' WHERE ends_at IS NOT NULL")
	require.NoError(t, err)
	emptied, err := w.ForgetWebhooks(t.Context(), time.Hour, 10)
	require.NoError(t, err)
	require.Equal(t, 2, emptied)
	var left int
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM webhook_secrets WHERE sealed <> ''").Scan(&left))
	require.Equal(t, 1, left)
	first := notification.Rotation{EndpointRef: ref, SecretID: "whs_" + strings.TrimPrefix(made.Endpoint.ID, "whe_")}
	for _, ended := range []notification.Rotation{first, {EndpointRef: ref, SecretID: rotatedID}} {
		_, err = w.RotateSecret(t.Context(), ended)
		require.ErrorIs(t, err, notification.ErrEndpointMismatch)
	}
	_, err = w.RotateSecret(t.Context(), again)
	require.NoError(t, err, "it signs")
}

// picky asks no URL any more.
type picky struct{ notificationtest.Stranger }

func (*picky) Check(string) error { return fault.InvalidField("url", "must lead to a public address") }

// TestOlderRules: an endpoint that could not be made by now is disabled all the same.
func TestOlderRules(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "notification")
	made, _, err := webhooks(t, pool, &notificationtest.Stranger{}, key("a")).CreateEndpoint(t.Context(), endpoint())
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), "UPDATE webhook_endpoints SET event_types = '{order.lost}'")
	require.NoError(t, err)
	c := notification.EndpointChange{
		EndpointRef: notification.EndpointRef{ID: made.Endpoint.ID}, Status: notification.Disabled, Version: 1,
		EndpointState: notification.EndpointState{URL: made.Endpoint.URL, EventTypes: []string{"order.lost"}},
	}
	w := webhooks(t, pool, &picky{}, key("a"))
	for field, spoil := range map[string]func(*notification.EndpointChange){
		"url":            func(c *notification.EndpointChange) { c.URL = "https://other.example/" },
		"event_types[1]": func(c *notification.EndpointChange) { c.EventTypes = []string{"order.lost", "order.gone"} },
	} {
		spoiled := c
		spoil(&spoiled)
		_, err = w.UpdateEndpoint(t.Context(), spoiled)
		require.Equal(t, field, fault.From(err).Field)
	}
	disabled, err := w.UpdateEndpoint(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, notification.Disabled, disabled.Status)
}

// TestWebhookGuards: the database itself refuses what the service never does.
func TestWebhookGuards(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "notification")
	w := webhooks(t, pool, &notificationtest.Stranger{}, key("a"))
	_, _, err := w.CreateEndpoint(t.Context(), endpoint())
	require.NoError(t, err)
	for statement, constraint := range map[string]string{
		"UPDATE webhook_endpoints SET status = 'disabled'": "webhook_endpoints_reason_of_disabled",
		"UPDATE webhook_endpoints SET event_types = '{}'":  "webhook_endpoints_types_given",
		"INSERT INTO webhook_secrets (id, endpoint_id, sealed, key_id) SELECT gen_random_uuid(), id, '', 'a' FROM webhook_endpoints":                                          "webhook_secrets_one_current",
		"INSERT INTO webhook_deliveries (id, endpoint_id, event_id, event_type, body, status) SELECT gen_random_uuid(), id, 'e', 't', '', 'delivered' FROM webhook_endpoints": "webhook_deliveries_next_of_pending",
	} {
		_, err := pool.Exec(t.Context(), statement)
		require.ErrorContains(t, err, constraint)
	}
}

// TestClaimsInTurn: what nobody has started is claimed before what is overdue, and a run
// that has just met a busy endpoint is not.
func TestClaimsInTurn(t *testing.T) {
	t.Parallel()
	const overdue = time.Minute
	pool, stranger := cluster.Database(t, "notification"), &notificationtest.Stranger{}
	w := webhooks(t, pool, stranger, key("a"))
	made, _, err := w.CreateEndpoint(t.Context(), endpoint())
	require.NoError(t, err)
	old := notificationtest.Queue(t, w, made.Endpoint)
	_, err = pool.Exec(t.Context(), "UPDATE webhook_deliveries SET next_attempt_at = now() - interval '1 hour', started_at = now() - interval '1 hour'")
	require.NoError(t, err)
	fresh := notificationtest.Queue(t, w, made.Endpoint)
	claimed, err := w.ClaimWebhooks(t.Context(), overdue, 1)
	require.NoError(t, err)
	require.Equal(t, []notification.WebhookDelivery{fresh}, claimed)

	busy := notificationpg.NewWebhooks(pool, notificationpg.WebhookOptions{Types: notificationtest.WebhookTypes(), Sender: stranger}) // it has no place at all
	_, err = busy.AttemptWebhook(t.Context(), notification.WebhookAttempt{DeliveryID: old.ID, Round: 1})
	require.ErrorIs(t, err, notification.ErrEndpointBusy)
	claimed, err = w.ClaimWebhooks(t.Context(), overdue, 1)
	require.NoError(t, err)
	require.Empty(t, claimed)
}

// TestOldEvents: what happened before deliveries are forgotten is told to nobody, also to
// whom it may have been told then; what is a little younger is.
func TestOldEvents(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "notification")
	w := webhooks(t, pool, &notificationtest.Stranger{}, key("a"))
	_, _, err := w.CreateEndpoint(t.Context(), endpoint())
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), "UPDATE webhook_endpoints SET created_at = created_at - interval '1 year'")
	require.NoError(t, err)
	for age, want := range map[time.Duration]int{notification.WebhookAge + time.Minute: 0, notification.WebhookAge - time.Minute: 1} {
		n, err := w.QueueWebhooks(t.Context(), notification.WebhookEvent{ID: age.String(), Type: "order.confirmed", Time: time.Now().Add(-age), Body: []byte("{}")})
		require.NoError(t, err)
		require.Equal(t, want, n, age)
	}
}
