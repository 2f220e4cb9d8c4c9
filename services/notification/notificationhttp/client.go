package notificationhttp

import (
	"context"

	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/services/notification"
)

// Client asks the notification service over the network. It checks requests before
// they leave, because text that is not UTF-8 cannot cross.
type Client struct{ *rpc.Upstream }

var _ notification.FrontDoor = Client{}

// New returns a client of the service behind an upstream that is named
// "notification".
func New(at *rpc.Upstream) Client { return Client{at} }

// ListNotifications gives a page of notifications.
func (c Client) ListNotifications(ctx context.Context, f notification.Filter) (notification.Page, error) {
	return rpc.Read[notification.Page](ctx, c.Upstream, "list", f)
}

// ListDeadLetters gives a page of dead letters.
func (c Client) ListDeadLetters(ctx context.Context, f notification.DeadLetterFilter) (notification.DeadLetterPage, error) {
	return rpc.Read[notification.DeadLetterPage](ctx, c.Upstream, "list-dead-letters", f)
}

// GetDeadLetter gives a dead letter.
func (c Client) GetDeadLetter(ctx context.Context, deadLetterID string) (notification.DeadLetter, error) {
	return rpc.Read[notification.DeadLetter](ctx, c.Upstream, "get-dead-letter", deadLetterID)
}

// RequestReplay has a dead letter dealt with again.
func (c Client) RequestReplay(ctx context.Context, r notification.NewReplay) (notification.DeadLetter, error) {
	if _, err := notification.DeadLetterIDPrefix.Parse(r.DeadLetterID); err != nil {
		return notification.DeadLetter{}, notification.ErrDeadLetterNotFound
	}
	if err := r.Validate(); err != nil {
		return notification.DeadLetter{}, err
	}
	return rpc.Write[notification.DeadLetter](ctx, c.Upstream, "request-replay", r)
}

// DismissDeadLetter wants no effect of a dead letter.
func (c Client) DismissDeadLetter(ctx context.Context, d notification.NewDismissal) (notification.DeadLetter, error) {
	if _, err := notification.DeadLetterIDPrefix.Parse(d.DeadLetterID); err != nil {
		return notification.DeadLetter{}, notification.ErrDeadLetterNotFound
	}
	if err := d.Validate(); err != nil {
		return notification.DeadLetter{}, err
	}
	return rpc.Write[notification.DeadLetter](ctx, c.Upstream, "dismiss-dead-letter", d)
}

// Ready reports whether the service can work.
func (c Client) Ready(ctx context.Context) error {
	_, err := rpc.Write[struct{}](ctx, c.Upstream, "ready", struct{}{})
	return err
}
