package workers

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/workflows"
)

// Dispatcher starts the sagas that a front door claimed an order for and did
// not live to start. Starting one that runs already is a no-op, so any number
// of dispatchers may run. One of a version that takes no new sagas starts none:
// they would be of its revision, and begin on workers that may not know it.
type Dispatcher struct {
	orders        order.Service
	temporal      client.Client
	takes         func(context.Context) (bool, error)
	actionTimeout time.Duration
}

// NewDispatcher returns a dispatcher; takes tells whether new sagas begin on its
// version (Versions.Takes), actionTimeout is how long a customer has to confirm a
// payment.
func NewDispatcher(c client.Client, s order.Service, takes func(context.Context) (bool, error), actionTimeout time.Duration) *Dispatcher {
	return &Dispatcher{orders: s, temporal: c, takes: takes, actionTimeout: actionTimeout}
}

// Dispatch starts what is left behind and tells how many orders that were.
func (d *Dispatcher) Dispatch(ctx context.Context) (int, error) {
	return drive(ctx, leftovers[order.Order]{"unstarted orders", taken(d, d.orders.Unstarted), orderID, d.start})
}

func orderID(o order.Order) string { return o.ID }

func (d *Dispatcher) start(ctx context.Context, o order.Order) error {
	if err := workflows.StartPlaceOrder(ctx, d.temporal, o, d.actionTimeout); err != nil {
		return err
	}
	if err := d.orders.ConfirmStarted(ctx, o.ID); err != nil {
		return fmt.Errorf("confirm start of order %s: %w", o.ID, err)
	}
	return nil
}

// DispatchCancellations drives the cancellations that a front door recorded and
// did not see through, or whose order was confirmed all the same.
func (d *Dispatcher) DispatchCancellations(ctx context.Context) (int, error) {
	return goingOn(drive(ctx, leftovers[order.Order]{"cancellations", taken(d, d.orders.CancellationsLeft), orderID, func(ctx context.Context, o order.Order) error {
		return workflows.CancelOrder(ctx, d.temporal, d.orders, o, d.actionTimeout)
	}}))
}

// DispatchRefunds makes sure that the saga of each refund runs.
func (d *Dispatcher) DispatchRefunds(ctx context.Context) (int, error) {
	id := func(r order.Refund) string { return r.ID }
	return goingOn(drive(ctx, leftovers[order.Refund]{"refunds", taken(d, d.orders.RefundsLeft), id, func(ctx context.Context, r order.Refund) error {
		return workflows.StartRefundOrder(ctx, d.temporal, r)
	}}))
}

// DispatchRepairs makes sure that the saga of each repair runs.
func (d *Dispatcher) DispatchRepairs(ctx context.Context) (int, error) {
	id := func(r order.RepairPlan) string { return r.ID }
	return goingOn(drive(ctx, leftovers[order.RepairPlan]{"repairs", taken(d, d.orders.RepairsLeft), id, func(ctx context.Context, r order.RepairPlan) error {
		return workflows.StartRepairOrder(ctx, d.temporal, r)
	}}))
}

// taken finds what this version's dispatcher is to see to: nothing where another
// takes the new sagas. Temporal is asked only if anything was left.
func taken[T any](d *Dispatcher, all find[T]) find[T] {
	return func(ctx context.Context, age time.Duration, limit int) ([]T, error) {
		left, err := all(ctx, age, limit)
		if err != nil || len(left) == 0 {
			return nil, err
		}
		takes, err := d.takes(ctx)
		if err != nil || !takes {
			return nil, err
		}
		return left, nil
	}
}
