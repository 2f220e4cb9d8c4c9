// Package pricing is the domain of the pricing service: what a product costs
// now, and what an order was quoted for good.
package pricing

import (
	"context"
	"time"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/money"
)

// Discount takes basis points off the base price while it runs.
type Discount struct {
	// BasisPoints are hundredths of a percent, 1 to 10000.
	BasisPoints int        `json:"basis_points"`
	StartsAt    *time.Time `json:"starts_at,omitempty"` // nil: at once
	EndsAt      *time.Time `json:"ends_at,omitempty"`   // nil: never; exclusive
}

// Price is what one unit of a product costs. Current is Base less the running
// discount, rounded half up to a minor unit.
type Price struct {
	ProductID string      `json:"product_id"`
	Base      money.Money `json:"base_price"`
	Current   money.Money `json:"current_price"`
	Discount  *Discount   `json:"discount"` // nil where none is running
	UpdatedAt time.Time   `json:"updated_at"`
}

// SetRequest sets the price of a product. A nil discount removes the one there is.
type SetRequest struct {
	ProductID string
	Base      money.Money
	Discount  *Discount
}

// Item is a wish for units of a product.
type Item struct {
	ProductID string `json:"product_id"`
	Quantity  int64  `json:"quantity"`
}

// QuoteRequest asks what an order costs. Currency empty: the products' own.
type QuoteRequest struct {
	OrderID  string `json:"order_id"`
	Currency string `json:"currency,omitempty"`
	Items    []Item `json:"items"`
}

// Line is the price of one item, in the order of the request.
type Line struct {
	ProductID string      `json:"product_id"`
	Quantity  int64       `json:"quantity"`
	UnitPrice money.Money `json:"unit_price"`
	Total     money.Money `json:"total"`
}

// Quote is what an order costs; once given it never changes.
type Quote struct {
	OrderID string      `json:"order_id"`
	Lines   []Line      `json:"lines"`
	Total   money.Money `json:"total"`
}

// The definite answers of the service.
var (
	ErrNotFound = fault.New(fault.NotFound, "product_not_found", "No such product.")
	ErrCurrency = fault.New(fault.Refused, "currency_not_supported", "The products are not priced in this currency.")
	ErrTooLarge = fault.New(fault.Refused, "total_too_large", "The order's total is too large.")
	ErrMismatch = fault.New(fault.Conflict, "operation_mismatch", "The order was quoted for other items.")
)

// MaxTotal is the largest total an order can have, in minor units: the
// provider's limit for an amount (Stripe: eight digits).
const MaxTotal = 99_999_999

// Service knows prices.
type Service interface {
	FrontDoor
	// QuoteOrder freezes what the order costs: asked again, it returns the
	// first quote even if prices changed since. ErrNotFound (a product without
	// price), ErrCurrency (mixed or other currencies), ErrTooLarge: these are
	// kept too and returned again. ErrMismatch (the same order with other items).
	QuoteOrder(ctx context.Context, r QuoteRequest) (Quote, error)
}
