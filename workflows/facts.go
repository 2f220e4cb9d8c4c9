package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
)

// RunState is where the newest run of a saga stands at Temporal.
type RunState string

// The states of a run.
const (
	RunUnasked   RunState = ""
	RunNone      RunState = "none" // never started, or Temporal has forgotten it
	RunRunning   RunState = "running"
	RunCompleted RunState = "completed"
	RunCut       RunState = "cut" // ended without an end: terminated, failed, timed out
)

// RunFacts is the newest run of a saga.
type RunFacts struct {
	State RunState `json:"state"`
	// Again: the reconciler started it.
	Again bool `json:"again,omitempty"`
	// Closed is for how long it has ended.
	Closed time.Duration `json:"closed,omitempty"`
}

// Facts is what the services, and Temporal, say of one order.
type Facts struct {
	OrderID string
	Order   *order.Standing     // nil: there is no such order
	Payment *payment.Standing   // nil: it has none
	Stock   *inventory.Standing // nil: it has no reservation
	Run     RunFacts
}

// kept is what was taken of the customer and not given back.
func (f Facts) kept() int64 {
	if f.Payment == nil {
		return 0
	}
	return f.Payment.Kept
}

func (f Facts) holding() bool { return f.Payment != nil && f.Payment.Holding() }

func (f Facts) held() bool { return f.Stock != nil && f.Stock.Held() }

func (f Facts) sold() bool { return f.Stock != nil && f.Stock.State == inventory.Sold }

// released tells that the units were given back for good.
func (f Facts) released() bool {
	return f.Stock != nil && f.Stock.State == inventory.Released && !f.Stock.Expired
}

// String tells the facts in words that an operator reads.
func (f Facts) String() string {
	said := "no order"
	if f.Order != nil {
		said = fmt.Sprintf("order %s (saga %s), owes %d", f.Order.Status, f.Order.SagaState, f.Order.Owed)
	}
	if f.Payment == nil {
		said += "; no payment"
	} else {
		said += fmt.Sprintf("; payment %s, %d kept", f.Payment.Status, f.Payment.Kept)
	}
	switch {
	case f.Stock == nil:
		said += "; no reservation"
	case f.sold():
		said += fmt.Sprintf("; stock sold, %d units", f.Stock.Sold)
	default:
		said += "; stock " + string(f.Stock.State)
	}
	return said + "; run " + string(f.Run.State)
}

// readFacts asks the services for how orders stand, all but the runs. The orders
// are asked last: what another service has of an order was made after it.
func readFacts(ctx workflow.Context, orderIDs []string) ([]Facts, error) {
	var (
		paid     []payment.Standing
		reserved []inventory.Standing
		placed   []order.Standing
	)
	asked := workflow.ExecuteActivity(on(QueuePayment, compare).On(ctx, "how the payments stand"), payments.ReadPayments, orderIDs)
	if err := workflow.ExecuteActivity(on(QueueInventory, compare).On(ctx, "how the reservations stand"), stock.ReadReservations, orderIDs).Get(ctx, &reserved); err != nil {
		return nil, err
	}
	if err := asked.Get(ctx, &paid); err != nil {
		return nil, err
	}
	if err := workflow.ExecuteLocalActivity(compare.On(ctx, "how the orders stand"), orders.ReadOrders, orderIDs).Get(ctx, &placed); err != nil {
		return nil, err
	}
	all := make([]Facts, len(orderIDs))
	at := map[string]*Facts{}
	for i, id := range orderIDs {
		all[i].OrderID = id
		at[id] = &all[i]
	}
	for i, p := range paid {
		at[p.OrderID].Payment = &paid[i]
	}
	for i, r := range reserved {
		at[r.OrderID].Stock = &reserved[i]
	}
	for i, o := range placed {
		at[o.OrderID].Order = &placed[i]
	}
	return all, nil
}
