package payment

import "context"

// FrontDoor is what the front door asks of the service, over the network where
// that is in another process.
type FrontDoor interface {
	// Get: ErrNotFound.
	Get(ctx context.Context, paymentID string) (Payment, error)
	// List gives a page, newest first; with OrderID, the order's payment or
	// nothing; with UserID, those of a user. Invalid for a cursor that is none.
	List(ctx context.Context, f Filter) (Page, error)
	// ReceiveWebhook verifies and keeps a provider's event. ErrSignature. The
	// caller wakes the order's saga, also after a duplicate.
	ReceiveWebhook(ctx context.Context, body []byte, signature string) (Notice, error)
	// Ready reports whether the service can work.
	Ready(ctx context.Context) error
}
