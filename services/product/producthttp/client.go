package producthttp

import (
	"context"

	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/services/product"
)

// Client asks the catalogue over the network.
type Client struct{ *rpc.Upstream }

var _ product.FrontDoor = Client{}

// New returns a client of the service behind an upstream that is named "product".
func New(at *rpc.Upstream) Client { return Client{at} }

// Put creates or replaces a product.
func (c Client) Put(ctx context.Context, r product.PutRequest) (product.Product, bool, error) {
	return rpc.Make[product.Product](ctx, c.Upstream, "put", r)
}

// Create creates or finds a product.
func (c Client) Create(ctx context.Context, r product.PutRequest) (product.Product, bool, error) {
	return rpc.Make[product.Product](ctx, c.Upstream, "create", r)
}

// Get gives a product.
func (c Client) Get(ctx context.Context, productID string) (product.Product, error) {
	return rpc.Read[product.Product](ctx, c.Upstream, "get", productID)
}

// List gives a page of products.
func (c Client) List(ctx context.Context, f product.Filter) (product.Page, error) {
	return rpc.Read[product.Page](ctx, c.Upstream, "list", f)
}

// Delete removes a product.
func (c Client) Delete(ctx context.Context, productID string) error {
	_, err := rpc.Write[struct{}](ctx, c.Upstream, "delete", productID)
	return err
}

// Ready reports whether the service can work.
func (c Client) Ready(ctx context.Context) error {
	_, err := rpc.Write[struct{}](ctx, c.Upstream, "ready", struct{}{})
	return err
}
