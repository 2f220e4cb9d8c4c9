package inventory

import (
	"context"
	"time"
)

// Standing is how an order's reservation stands, for a comparison with the other
// services.
type Standing struct {
	OrderID string `json:"order_id"`
	State   State  `json:"state"`
	// Expired: released by the clock, so that it may still be sold.
	Expired bool `json:"expired,omitempty"`
	// Sold is how many units were sold and have not come back.
	Sold int64 `json:"sold,omitempty"`
}

// Held reports whether the order's saga has left something to do: units are
// held, or may still be.
func (s Standing) Held() bool { return s.State == Reserved || s.Expired }

// Slice selects what a comparison looks at.
type Slice struct {
	// Age: only what has not changed for longer, on the database's clock.
	Age    time.Duration `json:"age"`
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

// Standings is what the reconciler asks. It changes nothing.
type Standings interface {
	// ListHeld gives the orders whose reservation is held, or was released by
	// the clock alone. Invalid for a cursor that is none.
	ListHeld(ctx context.Context, s Slice) (OrderPage, error)
	// Standings tells how the reservations of orders stand, at most MaxSlice of
	// them; an order that was never seen is left out.
	Standings(ctx context.Context, orderIDs []string) ([]Standing, error)
}
