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
	if len(w.seals) == 0 {
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
		issued.Secret, err = w.rotate(ctx, q, endpointID, secretID)
		return err
	})
	if err != nil {
		return notification.Issued{}, err
	}
	return issued, nil
}

// rotate gives the secret of that id, a new one unless it is there.
func (w *Webhooks) rotate(ctx context.Context, q *notificationdb.Queries, endpointID, secretID uuid.UUID) (string, error) {
	secret, err := w.secretOf(ctx, q, endpointID, secretID)
	if !errors.Is(err, notification.ErrEndpointMismatch) {
		return secret, err
	}
	if err := q.ForgetWebhookSecrets(ctx, endpointID); err != nil {
		return "", err
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
	return secret, w.keep(ctx, q, endpointID, secretID, secret)
}

func (w *Webhooks) keep(ctx context.Context, q *notificationdb.Queries, endpointID, secretID uuid.UUID, secret string) error {
	return q.CreateWebhookSecret(ctx, notificationdb.CreateWebhookSecretParams{
		ID: secretID, EndpointID: endpointID, Sealed: w.seals.close(secret, endpointID, secretID),
	})
}

// signing are the secrets of an endpoint that sign, the newest first.
func (w *Webhooks) signing(ctx context.Context, endpointID uuid.UUID) ([]string, error) {
	live, err := w.queries.LiveWebhookSecrets(ctx, endpointID)
	if err != nil {
		return nil, err
	}
	var secrets []string
	for _, row := range live {
		secret, err := w.seals.open(row.Sealed, endpointID, row.ID)
		if err != nil {
			return nil, err
		}
		secrets = append(secrets, secret)
	}
	return secrets, nil
}
