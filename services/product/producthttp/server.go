// Package producthttp is the catalogue in another process: what the front door asks
// of it, over HTTP.
package producthttp

import (
	"context"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/services/product"
)

// name is the service's in the paths of its operations.
const name = "product"

// Serve mounts what the front door asks of the service.
func Serve(to *rpc.Server, s product.FrontDoor) {
	rpc.Handle(to, name, "create", rpc.Making(s.Create))
	rpc.Handle(to, name, "update", func(ctx context.Context, q update) (product.Product, error) {
		return s.Update(ctx, q.Product, q.Version)
	})
	rpc.Handle(to, name, "reprice", rpc.Doing(func(ctx context.Context, q price) error { return s.Reprice(ctx, q.ProductID, q.Base) }))
	rpc.Handle(to, name, "get", s.Get)
	rpc.Handle(to, name, "list", s.List)
	rpc.Handle(to, name, "delete", rpc.Doing(func(ctx context.Context, q removal) error { return s.Delete(ctx, q.ID, q.Version) }))
	rpc.Handle(to, name, "ready", rpc.Asking(s.Ready))
}

type removal struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
}

type update struct {
	Product product.PutRequest `json:"product"`
	Version int64              `json:"version"`
}

type price struct {
	ProductID string      `json:"product_id"`
	Base      money.Money `json:"base"`
}
