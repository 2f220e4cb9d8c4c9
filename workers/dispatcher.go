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
// of dispatchers may run.
type Dispatcher struct {
	orders        order.Service
	temporal      client.Client
	actionTimeout time.Duration
}

// NewDispatcher returns a dispatcher; actionTimeout is how long a customer has
// to confirm a payment.
func NewDispatcher(c client.Client, s order.Service, actionTimeout time.Duration) *Dispatcher {
	return &Dispatcher{orders: s, temporal: c, actionTimeout: actionTimeout}
}

// Dispatch starts what is left behind and tells how many orders that were.
func (d *Dispatcher) Dispatch(ctx context.Context) (int, error) {
	left, err := d.orders.Unstarted(ctx, unstartedAge, dispatchBatch)
	if err != nil {
		return 0, fmt.Errorf("find unstarted orders: %w", err)
	}
	started, faults := 0, []error{}
	for _, o := range left { // one that cannot be started holds up no other
		if err := d.start(ctx, o); err != nil {
			faults = append(faults, err)
			continue
		}
		started++
	}
	return started, errors.Join(faults...)
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
	left, err := d.orders.CancellationsLeft(ctx, unstartedAge, dispatchBatch)
	if err != nil {
		return 0, fmt.Errorf("find cancellations: %w", err)
	}
	var faults []error
	for _, o := range left {
		faults = append(faults, workflows.CancelOrder(ctx, d.temporal, d.orders, o, d.actionTimeout))
	}
	return 0, errors.Join(faults...) // those that go on need no other round at once
}

// DispatchRefunds makes sure that the saga of each refund runs.
func (d *Dispatcher) DispatchRefunds(ctx context.Context) (int, error) {
	left, err := d.orders.RefundsLeft(ctx, unstartedAge, dispatchBatch)
	if err != nil {
		return 0, fmt.Errorf("find refunds: %w", err)
	}
	var faults []error
	for _, r := range left {
		faults = append(faults, workflows.StartRefundOrder(ctx, d.temporal, r))
	}
	return 0, errors.Join(faults...)
}

// DispatchRepairs makes sure that the saga of each repair runs.
func (d *Dispatcher) DispatchRepairs(ctx context.Context) (int, error) {
	left, err := d.orders.RepairsLeft(ctx, unstartedAge, dispatchBatch)
	if err != nil {
		return 0, fmt.Errorf("find repairs: %w", err)
	}
	var faults []error
	for _, r := range left {
		faults = append(faults, workflows.StartRepairOrder(ctx, d.temporal, r))
	}
	return 0, errors.Join(faults...)
}
