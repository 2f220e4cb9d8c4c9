package notificationpg

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	notificationdb "github.com/skaldhq/skald/db/notification"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/internal/seal"
	"github.com/skaldhq/skald/services/notification"
)

// secretBytes is how long a secret is: Standard Webhooks wants 24 to 64 bytes.
const secretBytes = 32

// newSecret makes a secret in the form of Standard Webhooks.
func newSecret() string {
	b := make([]byte, secretBytes)
	_, _ = rand.Read(b) // it never fails
	return "whsec_" + base64.StdEncoding.EncodeToString(b)
}

// RotateSecret makes a new secret, once for its id.
func (w *Webhooks) RotateSecret(ctx context.Context, r notification.Rotation) (issued notification.Issued, err error) {
	if err := r.Validate(); err != nil {
		return issued, err
	}
	by, ok := w.keys.First()
	if !ok {
		return issued, notification.ErrWebhooksOff
	}
	endpointID, err := notification.EndpointIDPrefix.Parse(r.ID)
	if err != nil {
		return issued, notification.ErrEndpointNotFound
	}
	secretID, _ := notification.SecretIDPrefix.Parse(r.SecretID) // what is valid parses
	err = w.constraints.InTx(ctx, w.pool, func(tx pgx.Tx) error {
		q := notificationdb.New(tx)
		row, err := q.LockWebhookEndpoint(ctx, notificationdb.LockWebhookEndpointParams{ID: endpointID, Owner: r.Owner})
		if errors.Is(err, pgx.ErrNoRows) {
			return notification.ErrEndpointNotFound
		}
		if err != nil {
			return err
		}
		issued.Endpoint = toEndpoint(row)
		issued.Secret, err = w.rotate(ctx, q, by, endpointID, secretID)
		return err
	})
	if err != nil {
		return notification.Issued{}, err
	}
	return issued, nil
}

// rotate gives the secret of that id, a new one unless it was made before.
func (w *Webhooks) rotate(ctx context.Context, q *notificationdb.Queries, by seal.Key, endpointID, secretID uuid.UUID) (string, error) {
	secret, err := w.secretOf(ctx, q, endpointID, secretID)
	if !errors.Is(err, pgx.ErrNoRows) {
		return secret, err
	}
	live, err := q.LiveWebhookSecrets(ctx, endpointID)
	if err != nil {
		return "", err
	}
	if len(live) >= notification.MostSecrets {
		return "", notification.ErrSecretsMost
	}
	if err := q.EndWebhookSecret(ctx, notificationdb.EndWebhookSecretParams{EndpointID: endpointID, Overlap: pg.Interval(notification.SecretOverlap)}); err != nil {
		return "", err
	}
	secret = newSecret()
	return secret, w.keep(ctx, q, by, endpointID, secretID, secret)
}

// secretOf is a secret that was made before. ErrEndpointMismatch: it has ended;
// pgx.ErrNoRows: there was none.
func (w *Webhooks) secretOf(ctx context.Context, q *notificationdb.Queries, endpointID, secretID uuid.UUID) (string, error) {
	row, err := q.FindWebhookSecret(ctx, notificationdb.FindWebhookSecretParams{ID: secretID, EndpointID: endpointID})
	switch {
	case err != nil:
		return "", err
	case row.Ended:
		return "", notification.ErrEndpointMismatch
	}
	return w.open(row.WebhookSecret)
}

// signing are the secrets of an endpoint that sign, the newest first. The newest must
// open; an older one whose key is gone signs no more, and holds up nothing.
func (w *Webhooks) signing(ctx context.Context, endpointID uuid.UUID) ([]string, error) {
	live, err := w.queries.LiveWebhookSecrets(ctx, endpointID)
	if err != nil {
		return nil, w.constraints.Translate(err)
	}
	var secrets []string
	for i, row := range live {
		switch secret, err := w.open(row); {
		case err == nil:
			secrets = append(secrets, secret)
		case i == 0:
			return nil, err
		}
	}
	return secrets, nil
}
