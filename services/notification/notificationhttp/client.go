package notificationhttp

import (
	"context"

	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/services/notification"
)

// Client asks the notification service over the network.
type Client struct{ *rpc.Upstream }

var _ notification.FrontDoor = Client{}

// New returns a client of the service behind an upstream that is named
// "notification".
func New(at *rpc.Upstream) Client { return Client{at} }

// Ready reports whether the service can work.
func (c Client) Ready(ctx context.Context) error {
	_, err := rpc.Write[struct{}](ctx, c.Upstream, "ready", struct{}{})
	return err
}
