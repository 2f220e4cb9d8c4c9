// Package product is the domain of the catalogue: what there is to order.
package product

import (
	"context"
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

// Service keeps the catalogue.
type Service interface {
	// Put creates the product with the client's id, or replaces its state.
	// created tells which. Invalid: see PutRequest.Validate.
	Put(ctx context.Context, r PutRequest) (p Product, created bool, err error)
	// Create creates the product with the request's id, or finds it: then it
	// stays as it is, and created is false. Errors are those of Put.
	Create(ctx context.Context, r PutRequest) (p Product, created bool, err error)
	// Get: ErrNotFound.
	Get(ctx context.Context, productID string) (Product, error)
	// List gives a page, newest first. Invalid for a cursor that is none.
	List(ctx context.Context, f Filter) (Page, error)
	// Delete removes the product. ErrNotFound.
	Delete(ctx context.Context, productID string) error
	// Ready reports whether the service can work.
	Ready(ctx context.Context) error
}
