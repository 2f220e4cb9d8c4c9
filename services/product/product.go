// Package product is the domain of the catalogue: what there is to order.
package product

import (
	"time"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/id"
	"github.com/skaldhq/skald/internal/money"
)

// IDPrefix is the prefix of product ids.
const IDPrefix id.Prefix = "prd"

// Product is an entry of the catalogue.
type Product struct {
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Category    string      `json:"category"`
	BasePrice   money.Money `json:"base_price"`
	Version     int64       `json:"version"`
	CreatedAt   time.Time   `json:"created_at"`
	UpdatedAt   time.Time   `json:"updated_at"`
}

// PutRequest is the whole state of a product as a client sets it.
type PutRequest struct {
	ID          string
	Name        string
	Description string
	Category    string
	BasePrice   money.Money
}

// The definite answers of the service.
var (
	ErrNotFound = fault.New(fault.NotFound, "product_not_found", "No such product.")
	// ErrChanged: the product no longer has the version that was to be replaced.
	ErrChanged = fault.New(fault.Conflict, "product_changed", "The product was changed meanwhile.")
)

// Service keeps the catalogue. No saga asks it for anything.
type Service interface{ FrontDoor }
