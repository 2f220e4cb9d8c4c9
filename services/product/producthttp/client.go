package producthttp

import (
	"context"
	"unicode/utf8"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/services/product"
)

// Client asks the catalogue over the network. It checks requests before they leave,
// because text that is not UTF-8 cannot cross.
type Client struct{ *rpc.Upstream }

var _ product.FrontDoor = Client{}

// New returns a client of the service behind an upstream that is named "product".
func New(at *rpc.Upstream) Client { return Client{at} }

// Create creates or finds a product.
func (c Client) Create(ctx context.Context, r product.PutRequest) (product.Product, bool, error) {
	if err := r.Validate(); err != nil {
		return product.Product{}, false, err
	}
	return rpc.Make[product.Product](ctx, c.Upstream, "create", r)
}

// Update replaces a version of a product.
func (c Client) Update(ctx context.Context, r product.PutRequest, version int64) (product.Product, error) {
	if err := r.Validate(); err != nil {
		return product.Product{}, err
	}
	return rpc.Write[product.Product](ctx, c.Upstream, "update", update{Product: r, Version: version})
}

// Reprice keeps a base price.
func (c Client) Reprice(ctx context.Context, productID string, base money.Money) error {
	if err := product.ValidatePrice(base); err != nil {
		return err
	}
	_, err := rpc.Write[struct{}](ctx, c.Upstream, "reprice", price{ProductID: productID, Base: base})
	return err
}

// Get gives a product.
func (c Client) Get(ctx context.Context, productID string) (product.Product, error) {
	return rpc.Read[product.Product](ctx, c.Upstream, "get", productID)
}

// List gives a page of products.
func (c Client) List(ctx context.Context, f product.Filter) (product.Page, error) {
	if !utf8.ValidString(f.Query) || !utf8.ValidString(f.Category) {
		return product.Page{}, nil // no product has that
	}
	return rpc.Read[product.Page](ctx, c.Upstream, "list", f)
}

// Delete removes a product.
func (c Client) Delete(ctx context.Context, productID string, version int64) error {
	_, err := rpc.Write[struct{}](ctx, c.Upstream, "delete", removal{ID: productID, Version: version})
	return err
}

// Ready reports whether the service can work.
func (c Client) Ready(ctx context.Context) error {
	_, err := rpc.Write[struct{}](ctx, c.Upstream, "ready", struct{}{})
	return err
}
