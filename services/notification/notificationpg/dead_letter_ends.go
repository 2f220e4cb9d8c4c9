package notificationpg

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	notificationdb "github.com/skaldhq/skald/db/notification"
	"github.com/skaldhq/skald/services/notification"
)

// RequestReplay keeps who wants a dead letter dealt with again.
func (s *Store) RequestReplay(ctx context.Context, r notification.NewReplay) (notification.DeadLetter, error) {
	return s.decide(ctx, r.DeadLetterID, r.Validate, func(q *notificationdb.Queries, d notificationdb.DeadLetter) error {
		replay, _ := notification.ReplayIDPrefix.Parse(r.ReplayID) // what is valid parses
		before, err := q.FindReplay(ctx, replay)
		switch {
		case err == nil && before.DeadLetterID == d.ID && before.Reason == r.Reason && before.RequestedBy == r.By:
			return nil // it came again
		case err == nil:
			return notification.ErrOperationReused
		case !errors.Is(err, pgx.ErrNoRows):
			return err
		}
		switch notification.DeadLetterState(d.State) {
		case notification.Replaying:
			return notification.ErrReplaying
		case notification.Replayed:
			return notification.ErrReplayed
		case notification.Dismissed:
			return notification.ErrDismissed
		case notification.Dead:
		}
		return q.RequestReplay(ctx, notificationdb.RequestReplayParams{ID: replay, DeadLetterID: d.ID, Reason: r.Reason, RequestedBy: r.By})
	})
}

// DismissDeadLetter keeps who wants no effect of a dead letter.
func (s *Store) DismissDeadLetter(ctx context.Context, n notification.NewDismissal) (notification.DeadLetter, error) {
	return s.decide(ctx, n.DeadLetterID, n.Validate, func(q *notificationdb.Queries, d notificationdb.DeadLetter) error {
		dismissal, _ := notification.DismissalIDPrefix.Parse(n.DismissalID) // what is valid parses
		switch {
		case d.Dismissal != nil && *d.Dismissal == dismissal && d.DismissedFor == n.Reason && d.DismissedBy == n.By:
			return nil // it came again
		case d.Dismissal != nil && *d.Dismissal == dismissal:
			return notification.ErrOperationReused
		}
		switch notification.DeadLetterState(d.State) {
		case notification.Replayed:
			return notification.ErrReplayed
		case notification.Dismissed:
			return notification.ErrDismissed
		case notification.Dead, notification.Replaying:
		}
		return q.DismissDeadLetter(ctx, notificationdb.DismissDeadLetterParams{
			ID: d.ID, Dismissal: dismissal, Reason: n.Reason, DismissedBy: n.By, Code: notification.CodeDismissed,
		})
	})
}

// decide does what an operator wants with a dead letter while nobody else does, and
// gives it as it stands then.
func (s *Store) decide(
	ctx context.Context, deadLetterID string, valid func() error, do func(*notificationdb.Queries, notificationdb.DeadLetter) error,
) (notification.DeadLetter, error) {
	letter, err := notification.DeadLetterIDPrefix.Parse(deadLetterID)
	if err != nil {
		return notification.DeadLetter{}, notification.ErrDeadLetterNotFound
	}
	if err := valid(); err != nil {
		return notification.DeadLetter{}, err
	}
	err = s.constraints.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		q := s.queries.WithTx(tx)
		d, err := lock(ctx, q, letter)
		if err != nil {
			return err
		}
		return do(q, d)
	})
	if err != nil {
		return notification.DeadLetter{}, err
	}
	return s.GetDeadLetter(ctx, deadLetterID)
}

func lock(ctx context.Context, q *notificationdb.Queries, letter uuid.UUID) (notificationdb.DeadLetter, error) {
	d, err := q.LockDeadLetter(ctx, letter)
	if errors.Is(err, pgx.ErrNoRows) {
		return d, notification.ErrDeadLetterNotFound
	}
	return d, err
}
