package notification

import "context"

// FrontDoor is what the front door asks of the service, over the network where
// that is in another process.
type FrontDoor interface {
	// ListNotifications gives a page, newest first; with UserID, of what that user was
	// told. Invalid for a cursor that is none.
	ListNotifications(ctx context.Context, f Filter) (Page, error)
	DeadLetters
	// Ready reports whether the service can work.
	Ready(ctx context.Context) error
}
