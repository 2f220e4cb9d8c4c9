package pricinghttp

import (
	"context"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/services/pricing"
)

// Client asks the pricing service over the network.
type Client struct{ *rpc.Upstream }

var _ pricing.FrontDoor = Client{}

// New returns a client of the service behind an upstream that is named "pricing".
func New(at *rpc.Upstream) Client { return Client{at} }

// Set creates or replaces a price.
func (c Client) Set(ctx context.Context, r pricing.SetRequest) (pricing.Price, bool, error) {
	return rpc.Make[pricing.Price](ctx, c.Upstream, "set", r)
}

// SetBase sets a base price.
func (c Client) SetBase(ctx context.Context, productID string, amount money.Money) (pricing.Price, error) {
	return rpc.Write[pricing.Price](ctx, c.Upstream, "set-base", base{ProductID: productID, Base: amount})
}

// Get gives a price.
func (c Client) Get(ctx context.Context, productID string) (pricing.Price, error) {
	return rpc.Read[pricing.Price](ctx, c.Upstream, "get", productID)
}

// List gives the prices of products.
func (c Client) List(ctx context.Context, productIDs []string) (map[string]pricing.Price, error) {
	return rpc.Read[map[string]pricing.Price](ctx, c.Upstream, "list", productIDs)
}

// Delete removes a price.
func (c Client) Delete(ctx context.Context, productID string) error {
	_, err := rpc.Write[struct{}](ctx, c.Upstream, "delete", productID)
	return err
}

// Ready reports whether the service can work.
func (c Client) Ready(ctx context.Context) error {
	_, err := rpc.Write[struct{}](ctx, c.Upstream, "ready", struct{}{})
	return err
}
