package notification

import "context"

// FrontDoor is what the front door asks of the service, over the network where
// that is in another process.
type FrontDoor interface {
	// Ready reports whether the service can work.
	Ready(ctx context.Context) error
}
