package activities

import (
	"context"

	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
)

// ListOpenOrders gives orders whose saga has not come to its end.
func (a *Order) ListOpenOrders(ctx context.Context, s order.Slice) (order.IDPage, error) {
	return call(ctx, a.service.ListOpen, s)
}

// ListEndedOrders gives the other orders.
func (a *Order) ListEndedOrders(ctx context.Context, s order.Slice) (order.IDPage, error) {
	return call(ctx, a.service.ListEnded, s)
}

// ReadOrders tells how orders stand.
func (a *Order) ReadOrders(ctx context.Context, orderIDs []string) ([]order.Standing, error) {
	return call(ctx, a.service.Standings, orderIDs)
}

// ListDiscrepancies gives the orders of open discrepancies.
func (a *Order) ListDiscrepancies(ctx context.Context, s order.Slice) (order.IDPage, error) {
	page, err := call(ctx, a.service.ListDiscrepancies, order.DiscrepancyFilter{Limit: s.Limit, Cursor: s.Cursor})
	ids := order.IDPage{IDs: []string{}, NextCursor: page.NextCursor}
	for _, d := range page.Items {
		ids.IDs = append(ids.IDs, d.OrderID)
	}
	return ids, err
}

// RecordDiscrepancy keeps a finding, and tells whether it is new.
func (a *Order) RecordDiscrepancy(ctx context.Context, f order.Finding) (bool, error) {
	return call(ctx, a.service.RecordDiscrepancy, f)
}

// ResolveDiscrepancies resolves what a comparison did not find any more.
func (a *Order) ResolveDiscrepancies(ctx context.Context, s order.Still) (int, error) {
	return call(ctx, a.service.ResolveDiscrepancies, s)
}

// EndRepair keeps how a repair ended.
func (a *Order) EndRepair(ctx context.Context, e order.RepairEnd) error {
	return toTemporal(ctx, a.service.EndRepair(ctx, e))
}

// ListHeldStock gives the orders whose reservation no saga has settled.
func (a *Inventory) ListHeldStock(ctx context.Context, s inventory.Slice) (inventory.OrderPage, error) {
	return call(ctx, a.service.ListHeld, s)
}

// ReadReservations tells how the reservations of orders stand.
func (a *Inventory) ReadReservations(ctx context.Context, orderIDs []string) ([]inventory.Standing, error) {
	return call(ctx, a.service.Standings, orderIDs)
}

// ListHoldingPayments gives the orders whose payment is not decided.
func (a *Payment) ListHoldingPayments(ctx context.Context, s payment.Slice) (payment.OrderPage, error) {
	return call(ctx, a.service.ListHolding, s)
}

// ListTakenPayments gives the orders whose money was taken.
func (a *Payment) ListTakenPayments(ctx context.Context, s payment.Slice) (payment.OrderPage, error) {
	return call(ctx, a.service.ListTaken, s)
}

// ReadPayments tells how the payments of orders stand.
func (a *Payment) ReadPayments(ctx context.Context, orderIDs []string) ([]payment.Standing, error) {
	return call(ctx, a.service.Standings, orderIDs)
}
