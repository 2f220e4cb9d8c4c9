package product

import "context"

// FrontDoor is what the front door asks of the service, over the network where
// that is in another process.
type FrontDoor interface {
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
