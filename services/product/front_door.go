package product

import (
	"context"

	"github.com/skaldhq/skald/internal/money"
)

// FrontDoor is what the front door asks of the service, over the network where
// that is in another process.
type FrontDoor interface {
	// Create creates the product with the request's id, or finds it: then it
	// stays as it is, and created is false. Invalid: see PutRequest.Validate.
	Create(ctx context.Context, r PutRequest) (p Product, created bool, err error)
	// Update replaces the state of the product that has this version.
	// ErrNotFound, ErrChanged; Invalid: see PutRequest.Validate.
	Update(ctx context.Context, r PutRequest, version int64) (Product, error)
	// Reprice keeps the base price that pricing was told, for whoever cannot ask
	// it. The same price again is no change. ErrNotFound; Invalid: as of a
	// PutRequest.
	Reprice(ctx context.Context, productID string, base money.Money) error
	// Get: ErrNotFound.
	Get(ctx context.Context, productID string) (Product, error)
	// List gives a page. Invalid for a cursor that is none, and for a sort that is
	// not known.
	List(ctx context.Context, f Filter) (Page, error)
	// Delete removes the product that has this version; 0: whichever it has.
	// ErrNotFound, ErrChanged.
	Delete(ctx context.Context, productID string, version int64) error
	// Ready reports whether the service can work.
	Ready(ctx context.Context) error
}
