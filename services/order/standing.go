package order

import (
	"context"
	"time"
)

// Standing is how an order stands, for a comparison with the other services.
type Standing struct {
	OrderID     string    `json:"order_id"`
	Status      Status    `json:"status"`
	SagaState   SagaState `json:"saga_state"`
	FailureCode string    `json:"failure_code,omitempty"`
	// Cancelling: the customer wants out.
	Cancelling bool `json:"cancelling,omitempty"`
	// Owed is what the order's customer has to have paid: of a confirmed order
	// its total less its refunds, of any other 0. Minor units.
	Owed int64 `json:"owed,omitempty"`
	// Refunding: a refund is requested and has not ended.
	Refunding bool `json:"refunding,omitempty"`
	// Skipped: an operator skipped a step of the order's saga.
	Skipped bool `json:"skipped,omitempty"`
	// Reversed: an operator turned the order's saga back.
	Reversed bool `json:"reversed,omitempty"`
	// Accepted: an operator accepted a discrepancy of the order.
	Accepted bool `json:"accepted,omitempty"`
	// Idle is for how long the order has not changed, on the database's clock.
	Idle time.Duration `json:"idle"`
}

// Settled reports whether the order's saga has come to its end.
func (s Standing) Settled() bool {
	return s.Status.Decided() && s.SagaState.Ended()
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

// IDPage is a page of order ids, what changed last first.
type IDPage struct {
	IDs        []string `json:"ids"`
	NextCursor string   `json:"next_cursor,omitempty"` // empty on the last page
}

// Standings is what the reconciler asks. It changes nothing.
type Standings interface {
	// ListOpen gives orders whose saga has not come to its end; Within does not
	// count. Invalid for a cursor that is none.
	ListOpen(ctx context.Context, s Slice) (IDPage, error)
	// ListEnded gives the other orders. Invalid for a cursor that is none.
	ListEnded(ctx context.Context, s Slice) (IDPage, error)
	// Standings tells how orders stand, at most MaxSlice of them; one that there
	// is not is left out.
	Standings(ctx context.Context, orderIDs []string) ([]Standing, error)
}
