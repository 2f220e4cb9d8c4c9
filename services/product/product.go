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

// Filter narrows a list; empty fields do not.
type Filter struct {
	Category string
	Query    string // matches part of the name or description, case-insensitive
	Limit    int    // 1 to MaxPage; what lies outside counts as the nearer of them
	Cursor   string
}

// Page is a page of products, newest first.
type Page struct {
	Items      []Product
	NextCursor string // empty on the last page
}

// ErrNotFound is the answer for a product that does not exist.
var ErrNotFound = fault.New(fault.NotFound, "product_not_found", "No such product.")

// Service keeps the catalogue. No saga asks it for anything.
type Service interface{ FrontDoor }
