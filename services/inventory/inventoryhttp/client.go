package inventoryhttp

import (
	"context"

	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/services/inventory"
)

// Client asks the inventory service over the network.
type Client struct{ *rpc.Upstream }

var _ inventory.FrontDoor = Client{}

// New returns a client of the service behind an upstream that is named "inventory".
func New(at *rpc.Upstream) Client { return Client{at} }

// SetOnHand sets the count of a product.
func (c Client) SetOnHand(ctx context.Context, productID string, onHand int64) (inventory.Stock, bool, error) {
	return rpc.Make[inventory.Stock](ctx, c.Upstream, "set-on-hand", count{ProductID: productID, OnHand: onHand})
}

// Get gives the stock of a product.
func (c Client) Get(ctx context.Context, productID string) (inventory.Stock, error) {
	return rpc.Read[inventory.Stock](ctx, c.Upstream, "get", productID)
}

// List gives the stock of products.
func (c Client) List(ctx context.Context, productIDs []string) (map[string]inventory.Stock, error) {
	return rpc.Read[map[string]inventory.Stock](ctx, c.Upstream, "list", productIDs)
}

// Ready reports whether the service can work.
func (c Client) Ready(ctx context.Context) error {
	_, err := rpc.Write[struct{}](ctx, c.Upstream, "ready", struct{}{})
	return err
}
