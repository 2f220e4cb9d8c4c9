// Package pricinghttp is the pricing service in another process: what the front door asks
// of it, over HTTP.
package pricinghttp

import (
	"context"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/services/pricing"
)

// name is the service's in the paths of its operations.
const name = "pricing"

// Serve mounts what the front door asks of the service.
func Serve(to *rpc.Server, s pricing.FrontDoor) {
	rpc.Handle(to, name, "set", rpc.Making(s.Set))
	rpc.Handle(to, name, "set-base", func(ctx context.Context, q base) (pricing.Price, error) { return s.SetBase(ctx, q.ProductID, q.Base) })
	rpc.Handle(to, name, "get", s.Get)
	rpc.Handle(to, name, "list", s.List)
	rpc.Handle(to, name, "delete", rpc.Doing(s.Delete))
	rpc.Handle(to, name, "ready", rpc.Asking(s.Ready))
}

type base struct {
	ProductID string      `json:"product_id"`
	Base      money.Money `json:"base"`
}
