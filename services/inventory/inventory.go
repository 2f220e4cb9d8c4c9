// Package inventory is the domain of the inventory service: how many units
// there are, and which of them an order holds.
package inventory

import (
	"context"
	"time"

	"github.com/skaldhq/skald/internal/fault"
)

// Stock is the count of one product. Available is OnHand less Reserved; sold
// units have left OnHand.
type Stock struct {
	ProductID string    `json:"product_id"`
	OnHand    int64     `json:"on_hand"`
	Reserved  int64     `json:"reserved"`
	Available int64     `json:"available"`
	UpdatedAt time.Time `json:"updated_at"`
}

// State is where a reservation stands.
type State string

// The states of a reservation: reserved → sold | released. Rejected is a
// refusal that is kept; Released without lines is a tombstone, written by a
// release that came before its reservation.
const (
	Reserved State = "reserved"
	Sold     State = "sold"
	Released State = "released"
	Rejected State = "rejected"
)

// Line is units of one product.
type Line struct {
	ProductID string `json:"product_id"`
	Quantity  int64  `json:"quantity"`
}

// ReserveRequest asks to hold units for an order.
type ReserveRequest struct {
	OrderID string `json:"order_id"`
	// Lines may name a product more than once: they are added up first.
	Lines []Line `json:"lines"`
	// TTL is how long the hold lasts on the database's clock: the backstop to
	// the saga's own deadline.
	TTL time.Duration `json:"ttl"`
}

// OrderRequest names the order whose reservation is meant.
type OrderRequest struct {
	OrderID string `json:"order_id"`
}

// ReturnRequest asks to put units that an order bought back on hand.
type ReturnRequest struct {
	OrderID string `json:"order_id"`
	// RefundID is what the units come back with: the key of the operation.
	RefundID string `json:"refund_id"`
	// Lines may name a product more than once: they are added up first. Empty:
	// all that is left of what the order bought.
	Lines []Line `json:"lines"`
	// Reversal: all that is left comes back, however much that is; nothing is
	// enough. It names no lines, and so agrees with whatever its RefundID was
	// asked for before.
	Reversal bool `json:"reversal,omitempty"`
}

// Return is units that came back.
type Return struct {
	RefundID  string    `json:"refund_id"`
	OrderID   string    `json:"order_id"`
	Lines     []Line    `json:"lines"` // added up, by product id
	CreatedAt time.Time `json:"created_at"`
}

// Reservation is what an order holds, held or was refused.
type Reservation struct {
	OrderID   string    `json:"order_id"`
	State     State     `json:"state"`
	Lines     []Line    `json:"lines"`      // added up, by product id; empty where nothing was ever held
	ExpiresAt time.Time `json:"expires_at"` // zero for a tombstone
}

// The definite answers of the service.
var (
	ErrNotFound     = fault.New(fault.NotFound, "stock_not_found", "No stock is kept of this product.")
	ErrInsufficient = fault.New(fault.Refused, "insufficient_stock", "There is not enough stock for this order.")
	// ErrReleased: the reservation was undone before it was done; it is refused for good.
	ErrReleased = fault.New(fault.Refused, "reservation_released", "The reservation was released.")
	// ErrSold: units already sold cannot be released.
	ErrSold = fault.New(fault.Conflict, "reservation_sold", "The reservation is already sold.")
	// ErrNotReserved: there is nothing to commit.
	ErrNotReserved = fault.New(fault.Conflict, "not_reserved", "The order holds no reservation.")
	// ErrNotSold: the order bought nothing that could come back.
	ErrNotSold = fault.New(fault.Conflict, "stock_not_sold", "The order bought no units.")
	// ErrNotSoldYet: the order's units are to be sold, so a later try may succeed.
	ErrNotSoldYet = fault.New(fault.Unavailable, "stock_not_sold_yet", "The order's units are not sold yet.")
	// ErrReturnTooMany stays true: what came back never leaves the order's account.
	ErrReturnTooMany = fault.New(fault.Refused, "return_too_many", "More units would come back than the order has.")
	// ErrMismatch: the same order, or the same refund, asked before for other lines.
	ErrMismatch = fault.New(fault.Conflict, "operation_mismatch", "Other lines were asked for before.")
	// ErrBelowReserved names the field on_hand.
	ErrBelowReserved = &fault.Error{Kind: fault.Conflict, Code: "on_hand_below_reserved", Message: "on_hand cannot be less than what orders hold.", Field: "on_hand"}
)

// Service keeps stock. ReserveStock, ReleaseStock, CommitStock and ReturnStock
// are one participant of the order's sagas and may be called twice, late or out
// of order.
//
// To undo an order's stock wherever it stands: ReleaseStock, and where that
// answers ErrSold, ReturnStock as a Reversal.
type Service interface {
	FrontDoor
	// ReserveStock holds all lines or none. Done again it returns the first
	// result, a refusal included; a hold that expired since is not taken again.
	// ErrInsufficient (also for a product of which no stock is kept),
	// ErrReleased (undone before), ErrMismatch. Invalid: see Validate.
	ReserveStock(ctx context.Context, r ReserveRequest) (Reservation, error)
	// ReleaseStock undoes: it gives held units back, and where nothing was
	// held it leaves a tombstone that refuses a late reservation. A rejected
	// reservation stays rejected. ErrSold.
	ReleaseStock(ctx context.Context, r OrderRequest) (Reservation, error)
	// CommitStock turns held units into sold ones. A reservation that expired
	// is taken again where stock allows, else ErrInsufficient: then nothing
	// changed and a later try may succeed. ErrNotReserved, ErrReleased.
	CommitStock(ctx context.Context, r OrderRequest) (Reservation, error)
	// ReturnStock puts sold units back on hand, all lines or none. Done again
	// with the same RefundID it returns the first result. ErrReturnTooMany (also
	// for a product that the order did not buy, and where nothing is left, but for
	// a reversal, which then keeps nothing),
	// ErrMismatch, ErrNotSold; ErrNotSoldYet while CommitStock may still come.
	// Invalid: see ReturnRequest.Validate.
	ReturnStock(ctx context.Context, r ReturnRequest) (Return, error)
	// ListReturns gives what came back of an order, oldest first.
	ListReturns(ctx context.Context, orderID string) ([]Return, error)
	// GetReservation: ErrNotReserved where the order was never seen.
	GetReservation(ctx context.Context, orderID string) (Reservation, error)
	// ExpireReservations releases at most limit holds whose time is over on
	// the database's clock, and tells how many.
	ExpireReservations(ctx context.Context, limit int) (int, error)
	Standings
}
