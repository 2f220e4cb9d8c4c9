// Package order is the domain of the order service: what was ordered, and how
// it ended.
package order

import (
	"context"
	"time"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/id"
	"github.com/skaldhq/skald/internal/money"
)

// IDPrefix is the prefix of order ids.
const IDPrefix id.Prefix = "ord"

// Item is a wish for units of a product, and its price once it was quoted.
type Item struct {
	ProductID string       `json:"product_id"`
	Quantity  int64        `json:"quantity"`
	UnitPrice *money.Money `json:"unit_price"` // nil until quoted
	Total     *money.Money `json:"total"`      // nil until quoted
}

// Failure says why an order did not succeed.
type Failure struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Step   string `json:"step"`
}

// Action is what the customer has to do before the payment goes on.
type Action struct {
	Type      string    `json:"type"` // redirect
	ExpiresAt time.Time `json:"expires_at"`
}

// Saga is the order's saga as the order knows it.
type Saga struct {
	WorkflowID string    `json:"workflow_id"`
	State      SagaState `json:"state"`
}

// Order is one order.
type Order struct {
	ID            string       `json:"id"`
	UserID        string       `json:"user_id"`
	Status        Status       `json:"status"`
	Items         []Item       `json:"items"`
	Total         *money.Money `json:"total"`              // nil until quoted
	Refunded      *money.Money `json:"refunded"`           // of the total, given back or on its way; nil until quoted
	Currency      string       `json:"currency,omitempty"` // as asked for; empty: the products' own
	PaymentMethod string       `json:"payment_method"`
	PaymentID     string       `json:"payment_id,omitempty"`
	Failure       *Failure     `json:"failure"`
	NextAction    *Action      `json:"next_action"`
	Saga          Saga         `json:"saga"`
	// Cancellation is the customer's wish to be out, nil where there was none.
	Cancellation *Cancellation `json:"cancellation,omitempty"`
	Version      int64         `json:"version"`
	CreatedAt    time.Time     `json:"created_at"`
	UpdatedAt    time.Time     `json:"updated_at"`
}

// Cancellation is that the customer wants out, and what came of it.
type Cancellation struct {
	RequestedAt time.Time `json:"requested_at"`
	// Reason is the customer's words; empty where there are none.
	Reason string `json:"reason,omitempty"`
	// Refusal is the code of why its refund was refused, where it was: the order
	// stays confirmed until the customer asks once more.
	Refusal string `json:"refusal,omitempty"`
}

// WorkflowID is the id of the saga of an order.
func WorkflowID(orderID string) string { return "order/" + orderID }

// CreateRequest claims the idempotency key and creates the order.
type CreateRequest struct {
	// Caller scopes the key. Key empty: no idempotency.
	Caller string
	Key    string

	UserID        string
	Items         []Item
	Currency      string
	PaymentMethod string
}

// Quote is what an order costs: the unit price and total of each item, in the
// order's own sequence.
type Quote struct {
	Lines []QuoteLine `json:"lines"`
	Total money.Money `json:"total"`
}

// QuoteLine is the price of one item.
type QuoteLine struct {
	UnitPrice money.Money `json:"unit_price"`
	Total     money.Money `json:"total"`
}

// Transition moves an order to another status. Done again it changes nothing
// but the saga's state.
type Transition struct {
	OrderID   string   `json:"order_id"`
	To        Status   `json:"to"`
	Quote     *Quote   `json:"quote,omitempty"` // nil: as it is
	PaymentID string   `json:"payment_id,omitempty"`
	Failure   *Failure `json:"failure,omitempty"`
	Action    *Action  `json:"action,omitempty"`
	// SagaState is the saga's state from then on, as of Seq.
	SagaState SagaState `json:"saga_state"`
	Seq       int64     `json:"seq,omitempty"`
}

// Mark records the saga's state without a change of the order's status. Seq
// grows with each state that a saga records: an older one changes nothing.
type Mark struct {
	OrderID   string    `json:"order_id"`
	SagaState SagaState `json:"saga_state"`
	Seq       int64     `json:"seq"`
}

// Filter narrows a list; empty fields do not.
type Filter struct {
	UserID       string
	Status       Status
	CreatedAfter time.Time
	Limit        int // 1 to MaxPage; what lies outside counts as the nearer of them
	Cursor       string
}

// Page is a page of orders, newest first.
type Page struct {
	Items      []Order
	NextCursor string // empty on the last page
}

// The definite answers of the service.
var (
	ErrNotFound = fault.New(fault.NotFound, "order_not_found", "No such order.")
	// ErrKeyReused: the same idempotency key came with another body.
	ErrKeyReused = fault.New(fault.Conflict, "idempotency_mismatch", "The Idempotency-Key was used with another request.")
	// ErrTransition: the order's status forbids the transition.
	ErrTransition = fault.New(fault.Conflict, "illegal_transition", "The order's status does not allow this.")
)

// Service keeps orders.
type Service interface {
	FrontDoor
	// TransitionOrder moves the order along its state machine and writes the
	// event of it in the same transaction. An order that already has the
	// wanted status is returned as it is, its saga's state marked as by MarkSaga.
	// ErrNotFound, ErrTransition; Invalid for a quote that is not of this order's
	// items, or a malformed payment id.
	TransitionOrder(ctx context.Context, t Transition) (Order, error)
	// MarkSaga records the saga's state, unless a newer one was; status and
	// version stay. ErrNotFound.
	MarkSaga(ctx context.Context, m Mark) error
	// Unstarted gives at most limit orders, oldest first, that have been
	// pending for longer than age on the database's clock and whose saga was
	// never confirmed to have started.
	Unstarted(ctx context.Context, age time.Duration, limit int) ([]Order, error)
	// ConfirmStarted records that the order's saga runs, so that Unstarted
	// does not name it again. ErrNotFound.
	ConfirmStarted(ctx context.Context, orderID string) error
	// CancellationsLeft gives at most limit orders, oldest request first, whose
	// cancellation was requested longer than age ago on the database's clock and
	// not refused, and that are neither ended nor refunded: pending,
	// awaiting_payment, or confirmed with no refund under way.
	CancellationsLeft(ctx context.Context, age time.Duration, limit int) ([]Order, error)
	Refunds
	Standings
	Discrepancies
	// RecordResolution keeps an operator's decision. Once for a workflow and id:
	// done again it changes nothing.
	RecordResolution(ctx context.Context, r Resolution) error
}
