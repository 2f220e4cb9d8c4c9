package workers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/workflows"
)

const (
	// unstartedAge is when a pending order counts as left behind by a front
	// door that died between its claim and the start of the saga.
	unstartedAge = 5 * time.Second
	// dispatchBatch bounds one round.
	dispatchBatch = 200
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
	return drive(ctx, "unstarted orders", taken(d, d.orders.Unstarted), d.start)
}

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
	return goingOn(drive(ctx, "cancellations", taken(d, d.orders.CancellationsLeft), func(ctx context.Context, o order.Order) error {
		return workflows.CancelOrder(ctx, d.temporal, d.orders, o, d.actionTimeout)
	}))
}

// DispatchRefunds makes sure that the saga of each refund runs.
func (d *Dispatcher) DispatchRefunds(ctx context.Context) (int, error) {
	return goingOn(drive(ctx, "refunds", taken(d, d.orders.RefundsLeft), func(ctx context.Context, r order.Refund) error {
		return workflows.StartRefundOrder(ctx, d.temporal, r)
	}))
}

// DispatchRepairs makes sure that the saga of each repair runs.
func (d *Dispatcher) DispatchRepairs(ctx context.Context) (int, error) {
	return goingOn(drive(ctx, "repairs", taken(d, d.orders.RepairsLeft), func(ctx context.Context, r order.RepairPlan) error {
		return workflows.StartRepairOrder(ctx, d.temporal, r)
	}))
}

// find gives what was left behind for so long, and no more than so many.
type find[T any] func(context.Context, time.Duration, int) ([]T, error)

// taken finds what this version's dispatcher is to see to: nothing where another
// takes the new sagas. Temporal is asked only if anything was left.
func taken[T any](d *Dispatcher, all find[T]) find[T] {
	return func(ctx context.Context, age time.Duration, most int) ([]T, error) {
		left, err := all(ctx, age, most)
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

// drive finds what was left behind and sees to each, and tells to how many. One
// that cannot be seen to holds up no other.
func drive[T any](ctx context.Context, what string, find find[T], see func(context.Context, T) error) (int, error) {
	left, err := find(ctx, unstartedAge, dispatchBatch)
	if err != nil {
		return 0, fmt.Errorf("find %s: %w", what, err)
	}
	seen, faults := 0, []error{}
	for _, one := range left {
		if err := see(ctx, one); err != nil {
			faults = append(faults, err)
			continue
		}
		seen++
	}
	return seen, errors.Join(faults...)
}

// goingOn is for what is left until its saga has ended: it needs no other round
// at once.
func goingOn(_ int, err error) (int, error) { return 0, err }
