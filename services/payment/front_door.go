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
	// RequestPayment keeps a payment of its own, before its saga starts, which
	// nobody can lose then. Done again it gives the payment as it stands.
	// ErrMismatch; ErrVoided where it was undone before; Invalid: see
	// AuthorizeRequest.Validate.
	RequestPayment(ctx context.Context, r AuthorizeRequest) (Payment, error)
	// RequestRefund keeps a refund of a payment of its own, its amount set aside,
	// before its saga starts. Done again it gives the refund as it stands.
	// ErrNotFound, ErrOfOrder, ErrNotCaptured, ErrRefundTooMuch (kept),
	// ErrMismatch; Invalid: see RefundWish.Validate, and for another currency than
	// the payment's.
	RequestRefund(ctx context.Context, w RefundWish) (Refund, error)
	// ListRefunds gives the refunds of a Subject, oldest first.
	ListRefunds(ctx context.Context, subject string) ([]Refund, error)
	// ReceiveWebhook verifies and keeps a provider's event. ErrSignature. The
	// caller wakes the payment's saga, also after a duplicate.
	ReceiveWebhook(ctx context.Context, body []byte, signature string) (Notice, error)
	// Ready reports whether the service can work.
	Ready(ctx context.Context) error
}
