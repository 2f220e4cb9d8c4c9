package payment

import (
	"context"
	"time"
)

// Standing is how a payment stands, for a comparison with the other services, or
// for a saga that runs again.
type Standing struct {
	OrderID   string `json:"order_id"` // a Subject
	PaymentID string `json:"payment_id"`
	Status    Status `json:"status"`
	// Kept is what was captured less what was refunded, in minor units.
	Kept int64 `json:"kept,omitempty"`
	// Undone: a void was asked for, so nothing is held or taken any more that was
	// not by then.
	Undone bool `json:"undone,omitempty"`
}

// Holding reports whether the payment is not decided: money is held, or may be.
func (s Standing) Holding() bool {
	return s.Status == Initiated || s.Status == RequiresAction || s.Status == Authorized
}

// Slice selects what a comparison looks at, by age on the database's clock.
type Slice struct {
	// Age: only what has not changed for longer.
	Age time.Duration `json:"age"`
	// Within: only what has changed no longer ago; 0: whenever.
	Within time.Duration `json:"within,omitempty"`
	Limit  int           `json:"limit"` // 1 to MaxSlice; what lies outside counts as the nearer of them
	Cursor string        `json:"cursor,omitempty"`
}

// MaxSlice is the most ids that a slice, or a question for standings, holds.
const MaxSlice = 500

// OrderPage is a page of order ids, what changed last first.
type OrderPage struct {
	OrderIDs   []string `json:"order_ids"`
	NextCursor string   `json:"next_cursor,omitempty"` // empty on the last page
}

// Standings is what the reconciler asks. It changes nothing, and does not ask
// the provider. What it lists are orders: a payment of its own has no other
// service to agree with.
type Standings interface {
	// ListHolding gives the orders whose payment is not decided; Within does not
	// count. Invalid for a cursor that is none.
	ListHolding(ctx context.Context, s Slice) (OrderPage, error)
	// ListTaken gives the orders whose money was captured, also where it was
	// refunded since. Invalid for a cursor that is none.
	ListTaken(ctx context.Context, s Slice) (OrderPage, error)
	// Standings tells how the payments of Subjects stand, at most MaxSlice of them;
	// one without a payment is left out.
	Standings(ctx context.Context, subjects []string) ([]Standing, error)
}
