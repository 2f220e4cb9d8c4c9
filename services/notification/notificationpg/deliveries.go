package notificationpg

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	notificationdb "github.com/skaldhq/skald/db/notification"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/notification"
)

// Claim gives a notification to its caller alone.
func (s *Store) Claim(ctx context.Context, lease time.Duration) (notification.Due, bool, error) {
	row, err := s.queries.ClaimNotification(ctx, pg.Interval(lease))
	if errors.Is(err, pgx.ErrNoRows) {
		return notification.Due{}, false, nil
	}
	if err != nil {
		return notification.Due{}, false, s.constraints.Write(err)
	}
	return toDue(row.Notification, row.Overtaken), true, nil
}

// Settle keeps what became of an attempt.
func (s *Store) Settle(ctx context.Context, o notification.Outcome) error {
	id, err := notification.IDPrefix.Parse(o.ID)
	if err != nil {
		return notification.ErrLost
	}
	n, err := s.queries.SettleNotification(ctx, notificationdb.SettleNotificationParams{
		ID: id, Attempt: int32(o.Attempt), Status: string(o.Status), Reason: o.Reason, ErasedReason: notification.ReasonUserDeleted, //nolint:gosec // as Claim gave it
		Locale: o.Locale, Subject: o.Subject, Again: pg.Interval(o.Again),
	})
	if err == nil && n == 0 {
		return notification.ErrLost
	}
	return s.constraints.Write(err)
}

// Waiting counts what waits to be sent.
func (s *Store) Waiting(ctx context.Context) (notification.Waiting, error) {
	row, err := s.queries.WaitingNotifications(ctx)
	if err != nil {
		return notification.Waiting{}, s.constraints.Translate(err)
	}
	return notification.Waiting{Count: int(row.Waiting), Oldest: pg.Seconds(row.Oldest)}, nil
}
