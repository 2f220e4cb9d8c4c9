package pricing

import (
	"context"

	"github.com/skaldhq/skald/internal/money"
)

// FrontDoor is what the front door asks of the service, over the network where
// that is in another process.
type FrontDoor interface {
	// Set creates or replaces the price of a product. created tells which.
	// Invalid: a negative amount, a discount out of range.
	Set(ctx context.Context, r SetRequest) (p Price, created bool, err error)
	// SetBase sets the base price and keeps the discount: what the catalogue
	// calls when a product is put.
	SetBase(ctx context.Context, productID string, base money.Money) (Price, error)
	// Get: ErrNotFound.
	Get(ctx context.Context, productID string) (Price, error)
	// List gives the prices of the products that have one, by product id.
	List(ctx context.Context, productIDs []string) (map[string]Price, error)
	// Delete removes the price, so that the product can no longer be ordered.
	// It succeeds where there is none.
	Delete(ctx context.Context, productID string) error
	// Ready reports whether the service can work.
	Ready(ctx context.Context) error
}
