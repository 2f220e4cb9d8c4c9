// Package payment is the domain of the payment service: money held, taken and
// given back, and the ledger of it.
package payment

import (
	"context"
	"time"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/id"
	"github.com/skaldhq/skald/internal/money"
)

// IDPrefix is the prefix of payment ids.
const IDPrefix id.Prefix = "pay"

// Status is where a payment stands.
type Status string

// The statuses of a payment:
//
//	initiated → requires_action → authorized → captured → refunded
//	          ↘ declined                     ↘ voided
//
// Voided without a provider intent is a tombstone, written by a void that
// came before its authorization. A payment of which only a part was refunded is
// captured still; Refunded tells how much.
const (
	Initiated      Status = "initiated"
	RequiresAction Status = "requires_action"
	Authorized     Status = "authorized"
	Captured       Status = "captured"
	Voided         Status = "voided"
	Declined       Status = "declined"
	Refunded       Status = "refunded"
)

// Payment is the money of one order, or a payment of its own.
type Payment struct {
	ID string `json:"id"`
	// OrderID is empty where the payment is its own.
	OrderID string      `json:"order_id"`
	UserID  string      `json:"user_id"`
	Amount  money.Money `json:"amount"`
	Method  string      `json:"method"`
	Status  Status      `json:"status"`
	// Captured and Refunded are minor units of Amount's currency.
	Captured int64 `json:"captured"`
	Refunded int64 `json:"refunded"`
	// ProviderIntent is the provider's id of the payment (pi_…).
	ProviderIntent string `json:"provider_intent,omitempty"`
	// DeclineCode is the provider's reason, where Status is declined.
	DeclineCode string `json:"decline_code,omitempty"`
	// ActionURL is where the customer confirms, where Status is requires_action.
	ActionURL string `json:"action_url,omitempty"`
	// ActionExpiresAt is until when, of a payment of its own.
	ActionExpiresAt *time.Time `json:"action_expires_at,omitempty"`
	// Failure is why a payment of its own did not come about. An order's payment
	// has none: the order says why.
	Failure   *Failure  `json:"failure,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Result is what a saga needs of its payment. A saga's history is kept and shown.
// It holds the method, a token of the provider that pays nothing by itself, where
// the saga was told it; but not the action's URL, which may carry the provider's
// client secret.
type Result struct {
	ID     string `json:"id"`
	Status Status `json:"status"`
	// ActionExpiresAt is until when the customer may act, of a payment of its own.
	ActionExpiresAt *time.Time `json:"action_expires_at,omitempty"`
}

// Result is the part of the payment that its saga needs.
func (p Payment) Result() Result {
	return Result{ID: p.ID, Status: p.Status, ActionExpiresAt: p.ActionExpiresAt}
}

// AuthorizeRequest asks to hold an amount, such as an order's total, on a payment
// method, which is a token of the provider, never a card number.
type AuthorizeRequest struct {
	OrderID string      `json:"order_id"` // a Subject
	UserID  string      `json:"user_id"`
	Amount  money.Money `json:"amount"`
	Method  string      `json:"method"`
	// ActionTimeout is how long the customer has, should the provider want them to
	// act; 0: somebody else tells them. It is not a part of what is asked for.
	ActionTimeout time.Duration `json:"action_timeout,omitempty"`
}

// OrderRequest names the payment that is meant by its order.
type OrderRequest struct {
	OrderID string `json:"order_id"` // a Subject
}

// RefundRequest asks to give captured money back, all or a part.
type RefundRequest struct {
	OrderID string `json:"order_id"` // a Subject
	// RefundID is the key of the operation.
	RefundID string `json:"refund_id"`
	// Amount is in the payment's currency. The zero value, which has no
	// currency: all that is left of the capture.
	Amount money.Money `json:"amount"`
	// Reversal: all that is left goes back, however much that is, once no other
	// refund is under way; nothing is enough. It names no amount, and so agrees
	// with whatever its RefundID was asked for before.
	Reversal bool `json:"reversal,omitempty"`
	// Kept: RequestRefund has kept the refund. It names no amount, and goes on with
	// what is kept.
	Kept bool `json:"kept,omitempty"`
}

// RefundStatus is where a refund stands.
type RefundStatus string

// The statuses of a refund: requested → done | failed.
const (
	RefundRequested RefundStatus = "requested"
	RefundDone      RefundStatus = "done"
	RefundFailed    RefundStatus = "failed" // refused for good: the money stays
)

// Refund is captured money that goes back.
type Refund struct {
	ID        string `json:"id"`
	PaymentID string `json:"payment_id"`
	// OrderID is empty where the payment is its own.
	OrderID string       `json:"order_id"`
	Amount  money.Money  `json:"amount"`
	Status  RefundStatus `json:"status"`
	// Code says why it failed.
	Code string `json:"code,omitempty"`
	// Reason and Caller are why, in people's words, and who asked, of a payment of
	// its own; empty where its saga gave it back. They stay in this service: no
	// history holds them.
	Reason    string    `json:"reason,omitempty"`
	Caller    string    `json:"caller,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Filter narrows a list; empty fields do not.
type Filter struct {
	OrderID string
	UserID  string
	Limit   int // 1 to MaxPage; what lies outside counts as the nearer of them
	Cursor  string
}

// Page is a page of payments, newest first.
type Page struct {
	Items      []Payment
	NextCursor string // empty on the last page
}

// Notice is what a provider's webhook told.
type Notice struct {
	// OrderID is empty where the event concerns no order, PaymentID where it
	// concerns no payment of its own.
	OrderID, PaymentID string
	// Awaited: the payment's saga waits for the customer, and this may be it. An
	// event that comes before or after that tells the saga nothing.
	Awaited bool
}

// The definite answers of the service.
var (
	ErrNotFound = fault.New(fault.NotFound, "payment_not_found", "No such payment.")
	ErrDeclined = fault.New(fault.Refused, "payment_declined", "The payment was declined.")
	// ErrMethod: the provider knows no such payment method.
	ErrMethod = fault.New(fault.Refused, "payment_method_invalid", "The provider does not know this payment method.")
	// ErrVoided: undone before it was done; refused for good.
	ErrVoided = fault.New(fault.Refused, "payment_voided", "The payment was voided.")
	// ErrCaptured: captured money cannot be voided, only refunded.
	ErrCaptured = fault.New(fault.Conflict, "payment_captured", "The payment is already captured.")
	// ErrNotAuthorized: there is nothing to capture.
	ErrNotAuthorized = fault.New(fault.Conflict, "payment_not_authorized", "The payment is not authorized.")
	// ErrNotCaptured: there is nothing to refund.
	ErrNotCaptured = fault.New(fault.Conflict, "payment_not_captured", "The payment is not captured.")
	// ErrRefundTooMuch: the refund, with those done and under way, is more than
	// the capture. It is kept: a retry stays refused.
	ErrRefundTooMuch = fault.New(fault.Refused, "refund_too_much", "More money would be refunded than was captured.")
	// ErrRefundUnderWay: a reversal has to wait for another refund to end. It is
	// not kept.
	ErrRefundUnderWay = fault.New(fault.Unavailable, "refund_under_way", "Another refund of this payment is under way.")
	// ErrRefundFailed is kept: a retry stays refused.
	ErrRefundFailed = fault.New(fault.Refused, "refund_failed", "The payment provider does not refund this.")
	// ErrRefundNotFound: nobody has requested it.
	ErrRefundNotFound = fault.New(fault.NotFound, "refund_not_found", "No such refund.")
	// ErrOfOrder: money that goes back without the units would break the order.
	ErrOfOrder = fault.New(fault.Conflict, "payment_of_order", "The payment is of an order. Refund the order instead.")
	ErrAmount  = fault.New(fault.Refused, "amount_not_accepted", "The amount cannot be paid by this method.")
	// ErrMismatch: the same order asked before for another amount or method, or
	// the same refund for another amount.
	ErrMismatch = fault.New(fault.Conflict, "operation_mismatch", "Other data was asked for before.")
	// ErrKeySpent: the provider failed under this idempotency key and repeats
	// that for good. What happened has to be asked; what is left to do needs
	// another key. An intent's states keep it from being done twice.
	ErrKeySpent = fault.New(fault.Unknown, "provider_key_spent", "The payment provider repeats its failure.")
	// ErrSignature: a webhook that the provider did not sign.
	ErrSignature = fault.New(fault.Invalid, "invalid_signature", "The webhook's signature does not verify.")
)

// Service moves money. AuthorizePayment, VoidPayment, CapturePayment and
// RefundPayment are one participant of the sagas and may be called twice,
// late or out of order. Each keeps its intent before it calls the provider, and
// asks the provider first when it finds one. They return Unavailable or
// Unknown while the provider gives no definite answer.
//
// To reverse a payment wherever it stands, after the pivot too: VoidPayment,
// which gives back what is only held and bars a capture that has not landed;
// where that answers ErrCaptured, RefundPayment as a Reversal. The void asks the
// provider, so it knows a capture whose answer was lost.
type Service interface {
	FrontDoor
	// AuthorizePayment holds the amount. The payment is authorized, or
	// requires_action: then call again after the customer acted. ErrDeclined
	// (kept: a retry stays declined), ErrVoided (undone before), ErrMismatch.
	AuthorizePayment(ctx context.Context, r AuthorizeRequest) (Payment, error)
	// VoidPayment undoes: it gives the hold back, and where there is none it
	// leaves a tombstone that bars a late authorization. It succeeds on a
	// declined payment, which has nothing to give back. ErrCaptured. It never
	// succeeds while the provider may still hold the amount.
	VoidPayment(ctx context.Context, r OrderRequest) (Payment, error)
	// CapturePayment takes the held money. ErrNotAuthorized, ErrVoided.
	CapturePayment(ctx context.Context, r OrderRequest) (Payment, error)
	// RefundPayment gives captured money back, once for a RefundID; an order can
	// have many refunds. Its part of the capture is set aside before the provider
	// is called, so that the sum is never more than the capture. Done again it
	// gives the payment as it stands. ErrNotCaptured, ErrRefundTooMuch (also
	// where nothing is left), ErrRefundFailed, ErrMismatch; of a reversal
	// ErrRefundUnderWay; of a kept one ErrRefundNotFound; Invalid: see
	// RefundRequest.Validate, and for another currency than the payment's.
	RefundPayment(ctx context.Context, r RefundRequest) (Payment, error)
	Own
	Standings
}
