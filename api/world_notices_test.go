package api_test

import (
	"context"

	"github.com/skaldhq/skald/services/notification"
)

// fakeNotices is a notification service that told each of two users one thing, and has
// one dead letter.
type fakeNotices struct {
	notification.FrontDoor
	*world
}

func (f fakeNotices) ListNotifications(_ context.Context, r notification.Filter) (notification.Page, error) {
	var page notification.Page
	for _, userID := range []string{"usr_1", "usr_2"} {
		if r.UserID == "" || r.UserID == userID {
			page.Items = append(page.Items, notification.Notification{
				ID: "ntf_" + userID, UserID: userID, OrderID: "ord_1", Type: notification.OrderConfirmed, Channel: notification.Email, Status: notification.Sent,
			})
		}
	}
	return page, f.noticesErr
}

func (f fakeNotices) ListDeadLetters(_ context.Context, r notification.DeadLetterFilter) (notification.DeadLetterPage, error) {
	d, err := f.GetDeadLetter(context.Background(), "dlt_1")
	if r.State != "" && r.State != d.State {
		return notification.DeadLetterPage{}, nil
	}
	return notification.DeadLetterPage{Items: []notification.DeadLetter{d}}, err
}

func (f fakeNotices) GetDeadLetter(_ context.Context, id string) (notification.DeadLetter, error) {
	if id != "dlt_1" {
		return notification.DeadLetter{}, notification.ErrDeadLetterNotFound
	}
	d := notification.DeadLetter{ID: id, Consumer: "c", Topic: "t", Code: notification.ErrMalformed.Code, State: notification.Dead}
	for _, r := range f.replays {
		d.State = notification.Replaying
		d.Replays = append(d.Replays, notification.Replay{ID: r.ReplayID, Reason: r.Reason, By: r.By})
	}
	for _, n := range f.dismissals {
		d.State = notification.Dismissed
		d.Dismissal = &notification.Dismissal{ID: n.DismissalID, Reason: n.Reason, By: n.By}
	}
	return d, f.noticesErr
}

func (f fakeNotices) DismissDeadLetter(ctx context.Context, n notification.NewDismissal) (notification.DeadLetter, error) {
	if len(f.dismissals) > 0 {
		switch before := f.dismissals[0]; {
		case before == n:
			return f.GetDeadLetter(ctx, n.DeadLetterID)
		case before.DismissalID == n.DismissalID:
			return notification.DeadLetter{}, notification.ErrOperationReused
		default:
			return notification.DeadLetter{}, notification.ErrDismissed
		}
	}
	if _, err := f.GetDeadLetter(ctx, n.DeadLetterID); err != nil {
		return notification.DeadLetter{}, err
	}
	f.dismissals = append(f.dismissals, n)
	return f.GetDeadLetter(ctx, n.DeadLetterID)
}

func (f fakeNotices) RequestReplay(ctx context.Context, r notification.NewReplay) (notification.DeadLetter, error) {
	if len(f.replays) > 0 {
		switch before := f.replays[0]; {
		case before == r:
			return f.GetDeadLetter(ctx, r.DeadLetterID)
		case before.ReplayID == r.ReplayID:
			return notification.DeadLetter{}, notification.ErrOperationReused
		default:
			return notification.DeadLetter{}, notification.ErrReplaying
		}
	}
	if _, err := f.GetDeadLetter(ctx, r.DeadLetterID); err != nil {
		return notification.DeadLetter{}, err
	}
	f.replays = append(f.replays, r)
	return f.GetDeadLetter(ctx, r.DeadLetterID)
}
