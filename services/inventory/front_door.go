package inventory

import "context"

// FrontDoor is what the front door asks of the service, over the network where
// that is in another process.
type FrontDoor interface {
	// SetOnHand sets the count of a product, recording the difference as an
	// adjustment. created tells whether the product is new here.
	// ErrBelowReserved; Invalid for a negative count.
	SetOnHand(ctx context.Context, productID string, onHand int64) (s Stock, created bool, err error)
	// Get: ErrNotFound.
	Get(ctx context.Context, productID string) (Stock, error)
	// List gives the stock of the products that have one, by product id.
	List(ctx context.Context, productIDs []string) (map[string]Stock, error)
	// Ready reports whether the service can work.
	Ready(ctx context.Context) error
}
