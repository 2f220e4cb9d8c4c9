package userpg

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	userdb "github.com/skaldhq/skald/db/user"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/user"
)

// OfferPayloadKey gives the key of a user, or keeps the offered one.
func (s *Store) OfferPayloadKey(ctx context.Context, k user.PayloadKey) (user.PayloadKey, error) {
	if err := k.Validate(); err != nil {
		return user.PayloadKey{}, err
	}
	userID, err := user.IDPrefix.Parse(k.UserID)
	if err != nil {
		return user.PayloadKey{}, user.ErrNotFound
	}
	row, err := s.queries.LivePayloadKey(ctx, userID)
	if errors.Is(err, pgx.ErrNoRows) {
		keyID, _ := user.PayloadKeyIDPrefix.Parse(k.ID) // what is valid parses
		err = s.queries.KeepPayloadKey(ctx, userdb.KeepPayloadKeyParams{ID: keyID, UserID: userID, Wrapped: k.Wrapped, WrappedBy: k.WrappedBy})
		if err != nil {
			return user.PayloadKey{}, s.constraints.Translate(err)
		}
		row, err = s.queries.LivePayloadKey(ctx, userID) // another's offer, if that came first
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return user.PayloadKey{}, user.ErrNotFound
	}
	if err != nil {
		return user.PayloadKey{}, s.constraints.Translate(err)
	}
	return toPayloadKey(row), nil
}

// FindPayloadKey gives a key by its id.
func (s *Store) FindPayloadKey(ctx context.Context, keyID string) (user.PayloadKey, error) {
	parsed, err := user.PayloadKeyIDPrefix.Parse(keyID)
	if err != nil {
		return user.PayloadKey{}, user.ErrPayloadKeyNotFound
	}
	row, err := s.queries.FindPayloadKey(ctx, parsed)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return user.PayloadKey{}, user.ErrPayloadKeyNotFound
	case err != nil:
		return user.PayloadKey{}, s.constraints.Translate(err)
	case row.ErasedAt != nil:
		return user.PayloadKey{}, user.ErrPayloadKeyErased
	}
	return toPayloadKey(row), nil
}

// DoomedPayloadKeys gives the keys that have nobody any more.
func (s *Store) DoomedPayloadKeys(ctx context.Context, age time.Duration, after string, limit int) ([]user.PayloadKey, error) {
	rows, err := s.queries.DoomedPayloadKeys(ctx, userdb.DoomedPayloadKeysParams{Age: pg.Interval(age), After: afterKey(after), PageLimit: int32(limit)}) //nolint:gosec // a batch
	return s.payloadKeys(rows, err)
}

// OldestDoomedPayloadKey tells how long a key has had nobody.
func (s *Store) OldestDoomedPayloadKey(ctx context.Context) (time.Duration, error) {
	seconds, err := s.queries.OldestDoomedPayloadKey(ctx)
	return pg.Seconds(seconds), s.constraints.Translate(err)
}

// afterKey is where a page begins: at first before all of them.
func afterKey(keyID string) uuid.UUID {
	parsed, _ := user.PayloadKeyIDPrefix.Parse(keyID) // what is no id is before each
	return parsed
}

// ErasePayloadKey destroys a key.
func (s *Store) ErasePayloadKey(ctx context.Context, keyID string) error {
	parsed, err := user.PayloadKeyIDPrefix.Parse(keyID)
	if err != nil {
		return user.ErrPayloadKeyNotFound
	}
	n, err := s.queries.ErasePayloadKey(ctx, parsed)
	if err == nil && n == 0 {
		return user.ErrPayloadKeyNotFound
	}
	return s.constraints.Translate(err)
}

// PayloadKeysNotBy gives the keys that are to be wrapped anew.
func (s *Store) PayloadKeysNotBy(ctx context.Context, wrappedBy, after string, limit int) ([]user.PayloadKey, error) {
	rows, err := s.queries.PayloadKeysNotBy(ctx, userdb.PayloadKeysNotByParams{WrappedBy: wrappedBy, After: afterKey(after), PageLimit: int32(limit)}) //nolint:gosec // a batch
	return s.payloadKeys(rows, err)
}

// RewrapPayloadKey keeps a key in another wrapping.
func (s *Store) RewrapPayloadKey(ctx context.Context, k user.PayloadKey, was string) error {
	if err := k.Validate(); err != nil {
		return err
	}
	keyID, _ := user.PayloadKeyIDPrefix.Parse(k.ID) // what is valid parses
	err := s.queries.RewrapPayloadKey(ctx, userdb.RewrapPayloadKeyParams{ID: keyID, Wrapped: k.Wrapped, WrappedBy: k.WrappedBy, Was: was})
	return s.constraints.Translate(err)
}

func (s *Store) payloadKeys(rows []userdb.PayloadKey, err error) ([]user.PayloadKey, error) {
	if err != nil {
		return nil, s.constraints.Translate(err)
	}
	keys := make([]user.PayloadKey, len(rows))
	for i, row := range rows {
		keys[i] = toPayloadKey(row)
	}
	return keys, nil
}

func toPayloadKey(row userdb.PayloadKey) user.PayloadKey {
	return user.PayloadKey{
		ID: user.PayloadKeyIDPrefix.Format(row.ID), UserID: user.IDPrefix.Format(row.UserID), Wrapped: row.Wrapped, WrappedBy: row.WrappedBy,
		DoomedAt: row.DoomedAt,
	}
}
