package notificationpg

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	notificationdb "github.com/skaldhq/skald/db/notification"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/notification"
)

// Bury keeps a record that nobody could deal with.
func (s *Store) Bury(ctx context.Context, b notification.Burial) (bool, error) {
	n, err := s.queries.Bury(ctx, notificationdb.BuryParams{
		ID: uuid.Must(uuid.NewV7()), Consumer: b.Consumer, Topic: b.Topic, Partition: b.Partition, RecordOffset: b.Offset,
		Key: whole(b.Key), Value: whole(b.Value), EventID: legible(b.EventID), Type: legible(b.Type), Code: b.Code, Detail: legible(b.Detail),
	})
	return n == 1, s.constraints.Write(err)
}

// whole keeps bytes that are not there as none.
func whole(b []byte) []byte { return append([]byte{}, b...) }

// legible is text of anybody's as a database can keep it.
func legible(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// ListDeadLetters reads a page, newest first.
func (s *Store) ListDeadLetters(ctx context.Context, f notification.DeadLetterFilter) (notification.DeadLetterPage, error) {
	cursor, err := pg.ParseCursor(f.Cursor)
	if err != nil {
		return notification.DeadLetterPage{}, err
	}
	var state *string
	if f.State != "" {
		state = (*string)(&f.State)
	}
	limit := min(max(f.Limit, 1), notification.MaxPage)
	rows, err := s.queries.ListDeadLetters(ctx, notificationdb.ListDeadLettersParams{
		State: state, BeforeAt: cursor.At, BeforeID: cursor.ID, PageLimit: int32(limit) + 1, //nolint:gosec // at most notification.MaxPage
	})
	if err != nil {
		return notification.DeadLetterPage{}, s.constraints.Translate(err)
	}
	page := notification.DeadLetterPage{Items: []notification.DeadLetter{}}
	rows, page.NextCursor = pg.Page(rows, limit, func(row notificationdb.ListDeadLettersRow) pg.Cursor {
		return pg.Cursor{At: row.DeadLetter.CreatedAt, ID: row.DeadLetter.ID}
	})
	for _, row := range rows {
		d, err := toDeadLetter(row.DeadLetter, row.Replays)
		if err != nil {
			return notification.DeadLetterPage{}, err
		}
		page.Items = append(page.Items, d)
	}
	return page, nil
}

// GetDeadLetter reads one.
func (s *Store) GetDeadLetter(ctx context.Context, deadLetterID string) (notification.DeadLetter, error) {
	parsed, err := notification.DeadLetterIDPrefix.Parse(deadLetterID)
	if err != nil {
		return notification.DeadLetter{}, notification.ErrDeadLetterNotFound
	}
	row, err := s.queries.GetDeadLetter(ctx, parsed)
	if errors.Is(err, pgx.ErrNoRows) {
		return notification.DeadLetter{}, notification.ErrDeadLetterNotFound
	}
	if err != nil {
		return notification.DeadLetter{}, s.constraints.Translate(err)
	}
	return toDeadLetter(row.DeadLetter, row.Replays)
}

// Raise reads what has to be dealt with again.
func (s *Store) Raise(ctx context.Context, consumer string, limit int) ([]notification.Raised, error) {
	rows, err := s.queries.ReplaysLeft(ctx, notificationdb.ReplaysLeftParams{Consumer: consumer, Most: int32(min(limit, notification.MaxPage))}) //nolint:gosec // at most notification.MaxPage
	if err != nil {
		return nil, s.constraints.Translate(err)
	}
	var all []notification.Raised
	for _, row := range rows {
		all = append(all, notification.Raised{
			ReplayID: notification.ReplayIDPrefix.Format(row.ReplayID), Topic: row.Topic, Partition: row.Partition, Offset: row.RecordOffset, Key: row.Key, Value: row.Value,
		})
	}
	return all, nil
}

// EndReplay keeps how a replay ended.
func (s *Store) EndReplay(ctx context.Context, replayID string, outcome notification.ReplayOutcome, code string) error {
	parsed, err := notification.ReplayIDPrefix.Parse(replayID)
	if err != nil {
		return notification.ErrDeadLetterNotFound
	}
	return s.constraints.Write(s.queries.EndReplay(ctx, notificationdb.EndReplayParams{
		ID: parsed, Outcome: string(outcome), Code: code, Dismissed: notification.CodeDismissed,
	}))
}

// DeadCount counts what has not had its effect.
func (s *Store) DeadCount(ctx context.Context, consumer string) (int, error) {
	n, err := s.queries.CountDead(ctx, consumer)
	return int(n), s.constraints.Translate(err)
}
