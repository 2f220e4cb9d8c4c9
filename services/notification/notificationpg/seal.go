package notificationpg

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	notificationdb "github.com/skaldhq/skald/db/notification"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/seal"
	"github.com/skaldhq/skald/services/notification"
)

// errSealed: the key that a secret was sealed with is not there any more.
var errSealed = fault.New(fault.Internal, "webhook_secret_sealed", "No key opens the secret of a webhook endpoint.")

// open gives a secret that is kept. errSealed.
func (w *Webhooks) open(row notificationdb.WebhookSecret) (string, error) {
	key, ok := w.keys.Find(row.KeyID)
	if !ok {
		return "", errSealed.Because(fmt.Errorf("there is no key %s: mend SKALD_WEBHOOK_KEYS", row.KeyID))
	}
	secret, err := key.Open(row.Sealed, place(row.EndpointID, row.ID))
	if err != nil {
		return "", errSealed.Because(err)
	}
	return string(secret), nil
}

// place binds a secret to its endpoint: in another's row it does not open.
func place(endpointID, secretID uuid.UUID) string {
	return notification.EndpointIDPrefix.Format(endpointID) + "/" + notification.SecretIDPrefix.Format(secretID)
}

// keep seals a secret with the first key.
func (w *Webhooks) keep(ctx context.Context, q *notificationdb.Queries, by seal.Key, endpointID, secretID uuid.UUID, secret string) error {
	return q.CreateWebhookSecret(ctx, notificationdb.CreateWebhookSecretParams{
		ID: secretID, EndpointID: endpointID, Sealed: by.Seal([]byte(secret), place(endpointID, secretID)), KeyID: by.ID,
	})
}

// ResealSecrets seals with the first key what is sealed with another. One that does not
// open holds up no other.
func (w *Webhooks) ResealSecrets(ctx context.Context, limit int) (int, error) {
	first, ok := w.keys.First()
	if !ok {
		return 0, nil
	}
	old, err := w.queries.WebhookSecretsNotBy(ctx, notificationdb.WebhookSecretsNotByParams{KeyID: first.ID, Batch: int32(limit)}) //nolint:gosec // a batch
	if err != nil {
		return 0, w.constraints.Translate(err)
	}
	done, faults := 0, []error{}
	for _, row := range old {
		secret, err := w.open(row)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		err = w.queries.ResealWebhookSecret(ctx, notificationdb.ResealWebhookSecretParams{
			Sealed: first.Seal([]byte(secret), place(row.EndpointID, row.ID)), KeyID: first.ID, ID: row.ID, Was: row.KeyID,
		})
		if err != nil {
			faults = append(faults, w.constraints.Write(err))
			continue
		}
		done++
	}
	return done, errors.Join(faults...)
}
