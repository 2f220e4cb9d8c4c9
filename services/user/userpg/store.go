// Package userpg is the user service on Postgres.
package userpg

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	userdb "github.com/skaldhq/skald/db/user"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/user"
)

// Store is a user.Service.
type Store struct {
	pool        pg.Pool
	queries     *userdb.Queries
	constraints pg.Constraints
}

var _ user.Service = (*Store)(nil)

// The constraints that keep addresses and keys apart.
const (
	emailOnce = "users_email_once"
	hashOnce  = "api_keys_hash_once"
)

// New returns a store on a database with the schema of db/user.
func New(pool pg.Pool) *Store {
	return &Store{pool: pool, queries: userdb.New(pool), constraints: pg.Constraints{
		emailOnce:             user.ErrEmailTaken,
		"users_status_known":  fault.InvalidField("status", "must be active or suspended"),
		"api_keys_user_known": user.ErrNotFound,
		"api_keys_hash_once":  user.ErrKeyMismatch,
	}}
}

// Ready reports whether the database answers.
func (s *Store) Ready(ctx context.Context) error {
	return s.constraints.Translate(s.pool.Ping(ctx))
}

// Create creates the user, or finds it.
func (s *Store) Create(ctx context.Context, r user.PutRequest) (user.User, bool, error) {
	if err := r.Validate(); err != nil {
		return user.User{}, false, err
	}
	userID, _ := user.IDPrefix.Parse(r.ID) // what is valid parses
	row, err := pastItself(emailOnce, func() (userdb.CreateUserRow, error) {
		return s.queries.CreateUser(ctx, userdb.CreateUserParams{
			ID: userID, Email: r.Email, Name: r.Name, Locale: r.Locale, Status: string(r.Status),
		})
	})
	if err != nil {
		return user.User{}, false, s.constraints.Translate(err)
	}
	return toUser(row.User), row.Created, nil
}

// Update replaces a version of a user.
func (s *Store) Update(ctx context.Context, r user.PutRequest, version int64) (user.User, error) {
	if err := r.Validate(); err != nil {
		return user.User{}, err
	}
	userID, _ := user.IDPrefix.Parse(r.ID) // what is valid parses
	row, err := s.queries.UpdateUser(ctx, userdb.UpdateUserParams{
		ID: userID, Email: r.Email, Name: r.Name, Locale: r.Locale, Status: string(r.Status), Version: version,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		if _, err := s.Get(ctx, r.ID); err != nil {
			return user.User{}, err
		}
		return user.User{}, user.ErrChanged
	}
	if err != nil {
		return user.User{}, s.constraints.Translate(err)
	}
	return toUser(row), nil
}

// pastItself writes what is kept apart by more than its id. Of two writes of the
// same at the same time the later one may meet the earlier one's address, or
// hash, before its id, and be refused by itself: a second time it meets the id, or
// what really is another's.
func pastItself[T any](once string, write func() (T, error)) (T, error) {
	row, err := write()
	if pg.Breaks(err, once) {
		return write()
	}
	return row, err
}

// Get reads a user.
func (s *Store) Get(ctx context.Context, userID string) (user.User, error) {
	parsed, err := user.IDPrefix.Parse(userID)
	if err != nil {
		return user.User{}, user.ErrNotFound
	}
	row, err := s.queries.GetUser(ctx, parsed)
	if errors.Is(err, pgx.ErrNoRows) {
		return user.User{}, user.ErrNotFound
	}
	if err != nil {
		return user.User{}, s.constraints.Translate(err)
	}
	return toUser(row), nil
}

// List reads a page, newest first.
func (s *Store) List(ctx context.Context, limit int, after string) (user.Page, error) {
	limit = min(max(limit, 1), user.MaxPage)
	cursor, err := pg.ParseCursor(after)
	if err != nil {
		return user.Page{}, err
	}
	rows, err := s.queries.ListUsers(ctx, userdb.ListUsersParams{
		BeforeAt: cursor.At, BeforeID: cursor.ID, PageLimit: int32(limit) + 1, //nolint:gosec // at most user.MaxPage
	})
	if err != nil {
		return user.Page{}, s.constraints.Translate(err)
	}
	var page user.Page
	rows, page.NextCursor = pg.Page(rows, limit, func(row userdb.User) pg.Cursor { return pg.Cursor{At: row.CreatedAt, ID: row.ID} })
	for _, row := range rows {
		page.Items = append(page.Items, toUser(row))
	}
	return page, nil
}

// Delete removes a user.
func (s *Store) Delete(ctx context.Context, userID string, version int64) error {
	parsed, err := user.IDPrefix.Parse(userID)
	if err != nil {
		return user.ErrNotFound
	}
	n, err := s.queries.DeleteUser(ctx, userdb.DeleteUserParams{ID: parsed, Version: version})
	if err == nil && n == 0 {
		if _, err = s.Get(ctx, userID); err == nil {
			err = user.ErrChanged
		}
		return err
	}
	return s.constraints.Translate(err)
}

// CheckCustomer asks whether a user may order.
func (s *Store) CheckCustomer(ctx context.Context, r user.CheckRequest) (user.Customer, error) {
	u, err := s.Get(ctx, r.UserID)
	if err != nil {
		return user.Customer{}, err
	}
	if u.Status != user.Active {
		return user.Customer{}, user.ErrInactive
	}
	return user.Customer{UserID: u.ID, Locale: u.Locale}, nil
}

func toUser(row userdb.User) user.User {
	return user.User{
		ID: user.IDPrefix.Format(row.ID), Email: row.Email, Name: row.Name, Locale: row.Locale,
		Status: user.Status(row.Status), Version: row.Version, CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}
}
