package payment

import (
	"context"

	"github.com/skaldhq/skald/internal/money"
)

// IntentStatus is where an intent stands at the provider.
type IntentStatus string

// The statuses of an intent.
const (
	IntentCreated        IntentStatus = "created" // unconfirmed: holds nothing
	IntentRequiresAction IntentStatus = "requires_action"
	// IntentProcessing: the provider works on it, so that nothing can be said
	// of it, neither yes nor no.
	IntentProcessing IntentStatus = "processing"
	IntentAuthorized IntentStatus = "authorized" // holds the amount
	IntentCaptured   IntentStatus = "captured"
	IntentCancelled  IntentStatus = "cancelled"
	IntentDeclined   IntentStatus = "declined"
)

// Intent is a payment as the provider knows it.
type Intent struct {
	ID     string
	Status IntentStatus
	Amount money.Money
	// Held: the provider held the amount at some time, also where it was given
	// back since.
	Held bool
	// Captured and Refunded are minor units.
	Captured, Refunded int64
	DeclineCode        string
	ActionURL          string
	OrderID            string // empty: the payment is its own
}

// IntentRequest asks for an intent.
type IntentRequest struct {
	// OrderID is empty where the payment is its own.
	OrderID, UserID, PaymentID string
	Amount                     money.Money
	Method                     string
}

// ProviderRefundStatus is where a refund stands at the provider.
type ProviderRefundStatus string

// The statuses of a refund at the provider.
const (
	// ProviderRefundPending: the provider works on it, so that nothing can be
	// said of it, neither yes nor no.
	ProviderRefundPending ProviderRefundStatus = "pending"
	ProviderRefundDone    ProviderRefundStatus = "done"
	ProviderRefundFailed  ProviderRefundStatus = "failed" // the money stays
)

// ProviderRefund is a refund as the provider knows it.
type ProviderRefund struct {
	ID     string // the provider's
	Status ProviderRefundStatus
	Amount int64 // minor units
}

// ProviderRefundRequest asks for a part of what an intent captured.
type ProviderRefundRequest struct {
	// OrderID is empty where the payment is its own.
	IntentID, OrderID, PaymentID, RefundID string
	Amount                                 int64 // minor units
}

// Event is what the provider tells by itself.
type Event struct {
	// OrderID is empty where the event concerns no order, or a payment of its own.
	ID, Type, OrderID, PaymentID string
}

// Provider is a payment provider. Every call that changes something takes an
// idempotency key. No answer, or one that is not definite, is fault.Unknown or
// fault.Unavailable; an intent whose status does not allow the call is
// fault.Conflict; input that the provider will never take is fault.Refused.
type Provider interface {
	// CreateIntent makes an intent that is not confirmed, so that its id is
	// known before any money can be held.
	CreateIntent(ctx context.Context, r IntentRequest, key string) (Intent, error)
	// ConfirmIntent authorizes. A decline is an answer, not an error.
	ConfirmIntent(ctx context.Context, intentID, key string) (Intent, error)
	// CaptureIntent takes the whole amount held.
	CaptureIntent(ctx context.Context, intentID, key string) (Intent, error)
	// CancelIntent gives the hold back, where there is one, and ends the intent.
	CancelIntent(ctx context.Context, intentID, key string) (Intent, error)
	// RefundIntent gives a part of the captured amount back.
	RefundIntent(ctx context.Context, r ProviderRefundRequest, key string) (ProviderRefund, error)
	// FindRefund asks what became of a refund, by our id of it. found is false
	// where the provider knows none.
	FindRefund(ctx context.Context, intentID, refundID string) (r ProviderRefund, found bool, err error)
	// GetIntent asks how an intent stands.
	GetIntent(ctx context.Context, intentID string) (Intent, error)
	// ParseEvent verifies a webhook: ErrSignature.
	ParseEvent(body []byte, signature string) (Event, error)
}
