package userpg

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	userdb "github.com/skaldhq/skald/db/user"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/user"
)

// CreateKey keeps a key, or finds it.
func (s *Store) CreateKey(ctx context.Context, k user.NewKey) (user.Key, bool, error) {
	if err := k.Validate(); err != nil {
		return user.Key{}, false, err
	}
	keyID, _ := user.KeyIDPrefix.Parse(k.ID) // what is valid parses
	var userID *uuid.UUID
	if k.UserID != "" {
		parsed, err := user.IDPrefix.Parse(k.UserID)
		if err != nil {
			return user.Key{}, false, user.ErrNotFound
		}
		userID = &parsed
	}
	row, err := pastItself(hashOnce, func() (userdb.CreateKeyRow, error) {
		return s.queries.CreateKey(ctx, userdb.CreateKeyParams{
			ID: keyID, Hash: k.Hash, Name: k.Name, Role: string(k.Role), UserID: userID, Scopes: append([]string{}, k.Scopes...),
			ExpiresAt: k.ExpiresAt, CreatedBy: k.By,
		})
	})
	if err != nil {
		return user.Key{}, false, s.constraints.Translate(err)
	}
	key := toKey(row.ApiKey)
	if !k.Describes(key) || !bytes.Equal(k.Hash, row.ApiKey.Hash) {
		return user.Key{}, false, user.ErrKeyMismatch
	}
	return key, row.Created, nil
}

// FindKey gives the key of a hash.
func (s *Store) FindKey(ctx context.Context, hash []byte) (user.Key, error) {
	row, err := s.queries.FindKey(ctx, hash)
	return s.keyOf(row, err)
}

// RevokeKey ends a key for good.
func (s *Store) RevokeKey(ctx context.Context, keyID, by string) (user.Key, error) {
	parsed, err := user.KeyIDPrefix.Parse(keyID)
	if err != nil {
		return user.Key{}, user.ErrKeyNotFound
	}
	row, err := s.queries.RevokeKey(ctx, userdb.RevokeKeyParams{ID: parsed, RevokedBy: by})
	return s.keyOf(row, err)
}

func (s *Store) keyOf(row userdb.ApiKey, err error) (user.Key, error) {
	if errors.Is(err, pgx.ErrNoRows) {
		return user.Key{}, user.ErrKeyNotFound
	}
	if err != nil {
		return user.Key{}, s.constraints.Translate(err)
	}
	return toKey(row), nil
}

// ListKeys reads a page, newest first.
func (s *Store) ListKeys(ctx context.Context, limit int, after string) (user.KeyPage, error) {
	limit = min(max(limit, 1), user.MaxPage)
	cursor, err := pg.ParseCursor(after)
	if err != nil {
		return user.KeyPage{}, err
	}
	rows, err := s.queries.ListKeys(ctx, userdb.ListKeysParams{
		BeforeAt: cursor.At, BeforeID: cursor.ID, PageLimit: int32(limit) + 1, //nolint:gosec // at most user.MaxPage
	})
	if err != nil {
		return user.KeyPage{}, s.constraints.Translate(err)
	}
	var page user.KeyPage
	rows, page.NextCursor = pg.Page(rows, limit, func(row userdb.ApiKey) pg.Cursor { return pg.Cursor{At: row.CreatedAt, ID: row.ID} })
	for _, row := range rows {
		page.Items = append(page.Items, toKey(row))
	}
	return page, nil
}

func toKey(row userdb.ApiKey) user.Key {
	k := user.Key{
		ID: user.KeyIDPrefix.Format(row.ID), Name: row.Name, Role: user.Role(row.Role), Scopes: slices.Clip(row.Scopes),
		CreatedBy: row.CreatedBy, CreatedAt: row.CreatedAt.UTC(), ExpiresAt: pg.UTC(row.ExpiresAt), RevokedAt: pg.UTC(row.RevokedAt),
	}
	if row.UserID != nil {
		k.UserID = user.IDPrefix.Format(*row.UserID)
	}
	if row.RevokedBy != nil {
		k.RevokedBy = *row.RevokedBy
	}
	return k
}
