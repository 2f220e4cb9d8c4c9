package activities

import (
	"context"

	"github.com/skaldhq/skald/services/inventory"
)

// Inventory is the activities of the inventory service.
type Inventory struct{ service inventory.Service }

// NewInventory returns the activities of an inventory service.
func NewInventory(s inventory.Service) *Inventory { return &Inventory{service: s} }

// ReserveStock holds an order's units.
func (a *Inventory) ReserveStock(ctx context.Context, r inventory.ReserveRequest) (inventory.Reservation, error) {
	return call(ctx, a.service.ReserveStock, r)
}

// ReleaseStock gives an order's units back.
func (a *Inventory) ReleaseStock(ctx context.Context, r inventory.OrderRequest) (inventory.Reservation, error) {
	return call(ctx, a.service.ReleaseStock, r)
}

// CommitStock turns an order's held units into sold ones.
func (a *Inventory) CommitStock(ctx context.Context, r inventory.OrderRequest) (inventory.Reservation, error) {
	return call(ctx, a.service.CommitStock, r)
}

// ReturnStock puts units that an order bought back on hand.
func (a *Inventory) ReturnStock(ctx context.Context, r inventory.ReturnRequest) (inventory.Return, error) {
	return call(ctx, a.service.ReturnStock, r)
}
