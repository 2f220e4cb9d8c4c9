package notificationpg_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/internal/rpc/rpctest"
	"github.com/skaldhq/skald/services/notification"
	"github.com/skaldhq/skald/services/notification/notificationhttp"
	"github.com/skaldhq/skald/services/notification/notificationpg"
	"github.com/skaldhq/skald/services/notification/notificationtest"
)

// key is one that secrets are kept with.
func key(b byte) string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32)) }

func webhooks(t *testing.T, pool *pgxpool.Pool, by notification.WebhookSender, keys ...string) *notificationpg.Webhooks {
	t.Helper()
	w, err := notificationpg.NewWebhooks(pool, notificationpg.WebhookOptions{
		Keys: keys, Types: notificationtest.WebhookTypes(), Sender: by, AtOnce: notificationtest.WebhooksAtOnce,
		Tell: func(context.Context, notification.WebhookTold) {},
	})
	require.NoError(t, err)
	return w
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	notificationtest.RunWebhooks(t, func(t *testing.T, by notification.WebhookSender) notificationtest.WebhookService {
		return webhooks(t, cluster.Database(t, "notification"), by, key(1))
	})
}

// TestWebhooksAcrossTheNetwork: nobody can tell a service from its client.
func TestWebhooksAcrossTheNetwork(t *testing.T) {
	t.Parallel()
	notificationtest.RunWebhooks(t, func(t *testing.T, by notification.WebhookSender) notificationtest.WebhookService {
		type here struct{ notification.WebhookWork }
		s := webhooks(t, cluster.Database(t, "notification"), by, key(1))
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
	made, _, err := webhooks(t, pool, &notificationtest.Stranger{}, key(1)).CreateEndpoint(t.Context(), n)
	require.NoError(t, err)
	var dump string
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT string_agg(s::text || encode(s.sealed, 'escape'), '') FROM webhook_secrets s").Scan(&dump))
	require.NotContains(t, dump, made.Secret)
	require.NotContains(t, dump, "whsec_")

	found, _, err := webhooks(t, pool, &notificationtest.Stranger{}, key(2), key(1)).CreateEndpoint(t.Context(), n)
	require.NoError(t, err)
	require.Equal(t, made.Secret, found.Secret)
	_, _, err = webhooks(t, pool, &notificationtest.Stranger{}, key(2)).CreateEndpoint(t.Context(), n)
	require.Equal(t, fault.Internal, fault.KindOf(err))
	require.NotContains(t, err.Error(), "whsec_")

	other, w := endpoint(), webhooks(t, pool, &notificationtest.Stranger{}, key(1))
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
	for _, bad := range []string{"short", base64.StdEncoding.EncodeToString(make([]byte, 16))} {
		_, err := notificationpg.NewWebhooks(nil, notificationpg.WebhookOptions{Keys: []string{key(1), bad}})
		require.ErrorContains(t, err, "key 2")
		require.NotContains(t, err.Error(), bad)
	}
}

// TestSecretsEnd: what has ended signs no more, and makes room for another.
func TestSecretsEnd(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "notification")
	w := webhooks(t, pool, &notificationtest.Stranger{}, key(1))
	n := endpoint()
	made, _, err := w.CreateEndpoint(t.Context(), n)
	require.NoError(t, err)
	ref := notification.EndpointRef{ID: made.Endpoint.ID}
	rotated, err := w.RotateSecret(t.Context(), notification.Rotation{EndpointRef: ref, SecretID: notification.SecretIDPrefix.New()})
	require.NoError(t, err)
	var days float64
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT extract(epoch FROM ends_at - now()) / 86400 FROM webhook_secrets WHERE ends_at IS NOT NULL").Scan(&days))
	require.InDelta(t, 1, days, 0.01)
	_, err = pool.Exec(t.Context(), "UPDATE webhook_secrets SET ends_at = now() - interval '1 second' WHERE ends_at IS NOT NULL")
	require.NoError(t, err)
	_, _, err = w.CreateEndpoint(t.Context(), n)
	require.ErrorIs(t, err, notification.ErrEndpointMismatch, "its secret has ended")
	_, err = w.RotateSecret(t.Context(), notification.Rotation{EndpointRef: ref, SecretID: notification.SecretIDPrefix.New()})
	require.NoError(t, err)
	var live int
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM webhook_secrets").Scan(&live))
	require.Equal(t, 2, live)
	require.NotEqual(t, made.Secret, rotated.Secret)
}

// TestWebhookGuards: the database itself refuses what the service never does.
func TestWebhookGuards(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "notification")
	w := webhooks(t, pool, &notificationtest.Stranger{}, key(1))
	_, _, err := w.CreateEndpoint(t.Context(), endpoint())
	require.NoError(t, err)
	for statement, constraint := range map[string]string{
		"UPDATE webhook_endpoints SET status = 'disabled'":                                                              "webhook_endpoints_reason_of_disabled",
		"UPDATE webhook_endpoints SET event_types = '{}'":                                                               "webhook_endpoints_types_given",
		"INSERT INTO webhook_secrets (id, endpoint_id, sealed) SELECT gen_random_uuid(), id, '' FROM webhook_endpoints": "webhook_secrets_one_current",
		"INSERT INTO webhook_deliveries (id, endpoint_id, event_id, event_type, body, status) SELECT gen_random_uuid(), id, 'e', 't', '', 'delivered' FROM webhook_endpoints": "webhook_deliveries_next_of_pending",
	} {
		_, err := pool.Exec(t.Context(), statement)
		require.ErrorContains(t, err, constraint)
	}
}
