package user

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/id"
	"github.com/skaldhq/skald/internal/text"
)

// PayloadKeyIDPrefix is the prefix of the ids of payload keys.
const PayloadKeyIDPrefix id.Prefix = "upk"

const (
	maxWrapped   = 1024 // in bytes
	maxWrappedBy = 32   // in characters
)

// PayloadKey is what the payloads of a user's sagas are sealed with. This service
// cannot use it: it is wrapped with a key that only those have who seal and open.
type PayloadKey struct {
	ID        string `json:"id"`
	UserID    string `json:"user_id"`
	Wrapped   []byte `json:"wrapped"`
	WrappedBy string `json:"wrapped_by"` // names the key around it
	// DoomedAt is when its user was deleted; nil: they are there.
	DoomedAt *time.Time `json:"doomed_at,omitempty"`
}

// The definite answers about payload keys.
var (
	ErrPayloadKeyNotFound = fault.New(fault.NotFound, "payload_key_not_found", "No such payload key.")
	// ErrPayloadKeyErased: its user was deleted, and what it sealed is gone for good.
	ErrPayloadKeyErased = fault.New(fault.Refused, "payload_key_erased", "The payload key was erased with its user.")
)

// PayloadKeys keeps a key a user.
type PayloadKeys interface {
	// OfferPayloadKey gives the key of a user: the offered one where there is none
	// yet. ErrNotFound: there is no such user, or none any more. Invalid: see
	// PayloadKey.Validate.
	OfferPayloadKey(ctx context.Context, k PayloadKey) (PayloadKey, error)
	// FindPayloadKey gives a key by its id, also that of a user who was deleted and
	// whose sagas still run. ErrPayloadKeyNotFound, ErrPayloadKeyErased.
	FindPayloadKey(ctx context.Context, keyID string) (PayloadKey, error)
}

// PayloadKeyChores is what the user service does with the keys in time.
type PayloadKeyChores interface {
	// DoomedPayloadKeys gives at most limit keys of users who were deleted longer ago
	// than age, and whose keys are not erased: by their ids, those after one of them.
	DoomedPayloadKeys(ctx context.Context, age time.Duration, after string, limit int) ([]PayloadKey, error)
	// OldestDoomedPayloadKey tells how long ago the user was deleted whose key waits
	// longest to be erased; 0 where none does.
	OldestDoomedPayloadKey(ctx context.Context) (time.Duration, error)
	// ErasePayloadKey destroys the key of a user who was deleted; done again it
	// changes nothing. ErrPayloadKeyNotFound: also for one whose user is there.
	ErasePayloadKey(ctx context.Context, keyID string) error
	// PayloadKeysNotBy gives at most limit keys that are wrapped with another key than
	// the one of this name: by their ids, those after one of them.
	PayloadKeysNotBy(ctx context.Context, wrappedBy, after string, limit int) ([]PayloadKey, error)
	// RewrapPayloadKey keeps a key as it is given, unless it is not wrapped any more
	// as it was, or erased.
	RewrapPayloadKey(ctx context.Context, k PayloadKey, was string) error
}

// Validate tells the first field that is wrong.
func (k PayloadKey) Validate() error {
	if _, err := PayloadKeyIDPrefix.Parse(k.ID); err != nil {
		return fault.InvalidField("key_id", err.Error())
	}
	if len(k.Wrapped) == 0 || len(k.Wrapped) > maxWrapped {
		return fault.InvalidField("wrapped", "must be of 1 to 1024 bytes")
	}
	if k.WrappedBy == "" || len(k.WrappedBy) > maxWrappedBy || !text.Keepable(k.WrappedBy) {
		return fault.InvalidField("wrapped_by", "must be text of 1 to 32 characters")
	}
	return nil
}

// EachPayloadKey does something with each key that is listed, page by page, and tells
// with how many it was done. What fails with one keeps nobody from the others: the
// error is the first, and with how many it was so.
func EachPayloadKey(list func(after string) ([]PayloadKey, error), do func(PayloadKey) (done bool, err error)) (int, error) {
	var first error
	after, doneWith, failed := "", 0, 0
	for {
		page, err := list(after)
		if err != nil {
			return doneWith, errors.Join(err, first)
		}
		for _, key := range page {
			done, err := do(key)
			if done {
				doneWith++
			}
			if err != nil {
				first = cmp.Or(first, err)
				failed++
			}
			after = key.ID
		}
		switch {
		case len(page) > 0:
		case first != nil:
			return doneWith, fmt.Errorf("with %d payload keys it could not be done, at first: %w", failed, first)
		default:
			return doneWith, nil
		}
	}
}
