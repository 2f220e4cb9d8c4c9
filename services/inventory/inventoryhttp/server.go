// Package inventoryhttp is the inventory service in another process: what the front door asks
// of it, over HTTP.
package inventoryhttp

import (
	"context"

	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/services/inventory"
)

// name is the service's in the paths of its operations.
const name = "inventory"

// Serve mounts what the front door asks of the service.
func Serve(to *rpc.Server, s inventory.FrontDoor) {
	rpc.Handle(to, name, "set-on-hand", rpc.Making(func(ctx context.Context, q count) (inventory.Stock, bool, error) {
		return s.SetOnHand(ctx, q.ProductID, q.OnHand)
	}))
	rpc.Handle(to, name, "get", s.Get)
	rpc.Handle(to, name, "list", s.List)
	rpc.Handle(to, name, "ready", rpc.Asking(s.Ready))
}

type count struct {
	ProductID string `json:"product_id"`
	OnHand    int64  `json:"on_hand"`
}
