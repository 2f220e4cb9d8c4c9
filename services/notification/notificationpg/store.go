// Package notificationpg is the notification service on Postgres.
package notificationpg

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	notificationdb "github.com/skaldhq/skald/db/notification"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/notification"
)

// Store is a notification.Service.
type Store struct {
	pool        pg.Pool
	queries     *notificationdb.Queries
	constraints pg.Constraints
}

var _ notification.Service = (*Store)(nil)

// New returns a store on a database with the schema of db/notification.
func New(pool pg.Pool) *Store {
	return &Store{pool: pool, queries: notificationdb.New(pool), constraints: pg.Constraints{
		"dead_letter_replays_one_at_a_time": notification.ErrReplaying,
		"dead_letter_replays_pkey":          notification.ErrOperationReused,
		"dead_letters_dismissal_once":       notification.ErrOperationReused,
	}}
}

// Ready reports whether the database answers.
func (s *Store) Ready(ctx context.Context) error {
	return s.constraints.Translate(s.pool.Ping(ctx))
}

// inbox names this service's consumer in the inbox.
const inbox = "notifications"

// Take gives an event its effect.
func (s *Store) Take(ctx context.Context, e notification.Event) (fresh bool, err error) {
	told, concerns, err := e.Read()
	if err != nil || !concerns {
		return false, err
	}
	err = s.constraints.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		q := s.queries.WithTx(tx)
		n, err := q.Receive(ctx, notificationdb.ReceiveParams{Consumer: inbox, EventID: e.ID})
		if fresh = n == 1; err != nil || !fresh {
			return err
		}
		if told.Deleted {
			return q.EraseUser(ctx, notificationdb.EraseUserParams{UserID: told.User, Reason: notification.ReasonUserDeleted})
		}
		n, err = q.AddNotification(ctx, toParams(e, told))
		fresh = n == 1
		return err
	})
	return fresh && err == nil, err
}

// Forget takes away what is old.
func (s *Store) Forget(ctx context.Context, keep notification.Retention, limit int) (int, error) {
	inboxAge, endedAge, batch := pg.Interval(keep.Inbox), pg.Interval(keep.Ended), int32(limit) //nolint:gosec // a batch
	total := 0
	for _, forget := range []func() (int64, error){
		func() (int64, error) {
			return s.queries.ForgetEvents(ctx, notificationdb.ForgetEventsParams{Consumer: inbox, Age: inboxAge, Batch: batch})
		},
		func() (int64, error) {
			return s.queries.ForgetNotifications(ctx, notificationdb.ForgetNotificationsParams{Age: endedAge, Batch: batch})
		},
		func() (int64, error) {
			return s.queries.ForgetDeadLetters(ctx, notificationdb.ForgetDeadLettersParams{Age: endedAge, Batch: batch})
		},
	} {
		n, err := forget()
		if err != nil {
			return total, s.constraints.Write(err)
		}
		total += int(n)
	}
	return total, nil
}

// ListNotifications reads a page, newest first.
func (s *Store) ListNotifications(ctx context.Context, f notification.Filter) (notification.Page, error) {
	cursor, err := pg.ParseCursor(f.Cursor)
	if err != nil {
		return notification.Page{}, err
	}
	page := notification.Page{Items: []notification.Notification{}}
	var of *uuid.UUID
	if f.UserID != "" {
		parsed, err := notification.UserIDPrefix.Parse(f.UserID)
		if err != nil {
			return page, nil //nolint:nilerr // what is no id was told nothing
		}
		of = &parsed
	}
	limit := min(max(f.Limit, 1), notification.MaxPage)
	rows, err := s.queries.ListNotifications(ctx, notificationdb.ListNotificationsParams{
		UserID: of, BeforeAt: cursor.At, BeforeID: cursor.ID, PageLimit: int32(limit) + 1, //nolint:gosec // at most notification.MaxPage
	})
	if err != nil {
		return notification.Page{}, s.constraints.Translate(err)
	}
	rows, page.NextCursor = pg.Page(rows, limit, func(row notificationdb.Notification) pg.Cursor { return pg.Cursor{At: row.CreatedAt, ID: row.ID} })
	for _, row := range rows {
		page.Items = append(page.Items, toNotification(row))
	}
	return page, nil
}
