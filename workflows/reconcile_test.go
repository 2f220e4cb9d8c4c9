package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/activities"
	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/workflows"
)

// estate is what the services and Temporal say, and what became of it.
type estate struct {
	mu       sync.Mutex
	open     []string
	orders   map[string]order.Standing
	payments map[string]payment.Standing
	stock    map[string]inventory.Standing
	runs     map[string]workflows.RunFacts
	cut      []string // workflow ids
	known    []string // orders with open discrepancies
	looks    map[string]int
	change   func(e *estate, looks int) // what happens before the looks-th look at Temporal

	last     *workflows.ReconcileResult
	stuck    []string // workflow ids of sagas that cannot be started
	again    []string
	recorded []order.Finding
	resolved []order.Still
}

type (
	estateOrders struct {
		order.Service
		*estate
	}
	estateStock struct {
		inventory.Service
		*estate
	}
	estatePayments struct {
		payment.Service
		*estate
	}
)

func (f estateOrders) ListOpen(_ context.Context, s order.Slice) (order.IDPage, error) {
	var from int
	_, _ = fmt.Sscan(s.Cursor, &from)
	to := min(from+s.Limit, len(f.open))
	page := order.IDPage{IDs: f.open[from:to]}
	if to < len(f.open) {
		page.NextCursor = fmt.Sprint(to)
	}
	return page, nil
}
func (f estateOrders) ListEnded(context.Context, order.Slice) (order.IDPage, error) {
	return order.IDPage{}, nil
}
func (f estateOrders) Standings(_ context.Context, ids []string) (all []order.Standing, err error) {
	for _, id := range ids {
		if s, ok := f.orders[id]; ok {
			all = append(all, s)
		}
	}
	return all, nil
}
func (f estateOrders) ListDiscrepancies(context.Context, order.DiscrepancyFilter) (page order.DiscrepancyPage, err error) {
	for _, id := range f.known {
		page.Items = append(page.Items, order.Discrepancy{Finding: order.Finding{OrderID: id}})
	}
	return page, nil
}
func (f estateOrders) RecordDiscrepancy(_ context.Context, found order.Finding) (bool, error) {
	f.recorded = append(f.recorded, found)
	return true, nil
}
func (f estateOrders) ResolveDiscrepancies(_ context.Context, s order.Still) (int, error) {
	f.resolved = append(f.resolved, s)
	return 1, nil
}
func (f estateStock) ListHeld(context.Context, inventory.Slice) (inventory.OrderPage, error) {
	return inventory.OrderPage{}, nil
}
func (f estateStock) Standings(_ context.Context, ids []string) (all []inventory.Standing, err error) {
	for _, id := range ids {
		if s, ok := f.stock[id]; ok {
			all = append(all, s)
		}
	}
	return all, nil
}
func (f estatePayments) ListHolding(context.Context, payment.Slice) (payment.OrderPage, error) {
	return payment.OrderPage{}, nil
}
func (f estatePayments) ListTaken(context.Context, payment.Slice) (page payment.OrderPage, err error) {
	for id := range f.payments {
		page.OrderIDs = append(page.OrderIDs, id)
	}
	return page, nil
}
func (f estatePayments) Standings(_ context.Context, ids []string) (all []payment.Standing, err error) {
	for _, id := range ids {
		if s, ok := f.payments[id]; ok {
			all = append(all, s)
		}
	}
	return all, nil
}

// reconcile runs one round.
func reconcile(t *testing.T, e *estate, in workflows.ReconcileInput) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterWorkflowWithOptions(workflows.Reconcile, workflow.RegisterOptions{Name: workflows.ReconcileName})
	env.RegisterActivity(activities.NewOrder(estateOrders{estate: e}))
	env.RegisterActivity(activities.NewInventory(estateStock{estate: e}))
	env.RegisterActivity(activities.NewPayment(estatePayments{estate: e}))
	runs := &workflows.Runs{}
	env.RegisterActivity(runs)
	env.OnActivity(runs.ListCutRuns, mock.Anything, mock.Anything).Return(workflows.CutPage{WorkflowIDs: e.cut}, nil)
	env.OnActivity(runs.DescribeRuns, mock.Anything, mock.Anything).Return(func(_ context.Context, ids []string) ([]workflows.RunFacts, error) {
		e.mu.Lock()
		defer e.mu.Unlock()
		found := make([]workflows.RunFacts, len(ids))
		for i, id := range ids {
			e.looks[id]++
			if e.change != nil {
				e.change(e, e.looks[id])
			}
			found[i] = e.runs[id]
		}
		return found, nil
	})
	env.OnActivity(runs.RunAgain, mock.Anything, mock.Anything).Return(func(_ context.Context, ids []string) (workflows.Restarts, error) {
		var done workflows.Restarts
		for _, id := range ids {
			if slices.Contains(e.stuck, id) {
				done.Failed = append(done.Failed, id)
				continue
			}
			e.again = append(e.again, id)
			done.Started++
		}
		if done.Started == 0 {
			return done, errors.New("none could be started")
		}
		return done, nil
	})
	if e.last != nil {
		env.SetLastCompletionResult(*e.last)
	}
	in.Grace = grace
	env.ExecuteWorkflow(workflows.ReconcileName, in)
	require.True(t, env.IsWorkflowCompleted())
	return env
}

// newEstate has an order whose run was cut, one whose run is at work, a payment
// of an order that nobody knows, a discrepancy that is gone, and a refund whose
// run was cut.
func newEstate() *estate {
	undecided := func(id string) order.Standing {
		return order.Standing{OrderID: id, Status: order.Pending, SagaState: order.SagaRunning, Idle: grace}
	}
	return &estate{
		open:     []string{"ord_cut", "ord_runs"},
		orders:   map[string]order.Standing{"ord_cut": undecided("ord_cut"), "ord_runs": undecided("ord_runs"), "ord_gone": {OrderID: "ord_gone", Status: order.Rejected, SagaState: order.SagaCompensated, Idle: grace}},
		payments: map[string]payment.Standing{"ord_lost": {OrderID: "ord_lost", Status: payment.Authorized}},
		runs: map[string]workflows.RunFacts{
			"order/ord_cut": {State: workflows.RunCut, Closed: grace}, "order/ord_runs": {State: workflows.RunRunning},
			"order/ord_lost": {State: workflows.RunNone}, "order/ord_gone": {State: workflows.RunCompleted, Closed: grace},
			"refund/rfd_cut": {State: workflows.RunCut, Closed: grace}, "refund/rfd_on": {State: workflows.RunRunning},
			"repair/rep_cut": {State: workflows.RunCut, Closed: grace}, "repair/rep_on": {State: workflows.RunRunning},
		},
		cut:   []string{"order/ord_cut", "refund/rfd_cut", "refund/rfd_on"},
		known: []string{"ord_gone"}, looks: map[string]int{},
	}
}

func TestReconcile(t *testing.T) {
	t.Parallel()
	e := newEstate()
	e.cut = append(e.cut, "repair/rep_cut", "repair/rep_on")
	env := reconcile(t, e, workflows.ReconcileInput{})
	require.NoError(t, env.GetWorkflowError())
	require.ElementsMatch(t, []string{"order/ord_cut", "refund/rfd_cut", "repair/rep_cut"}, e.again)
	require.Len(t, e.recorded, 1)
	require.Equal(t, order.PaymentWithoutOrder, e.recorded[0].Kind)
	require.Equal(t, "ord_lost", e.recorded[0].OrderID)
	require.Contains(t, e.resolved, order.Still{OrderID: "ord_gone"})
	require.NotContains(t, e.resolved, order.Still{OrderID: "ord_lost"})
	var result workflows.ReconcileResult
	require.NoError(t, env.GetWorkflowResult(&result))
	require.Equal(t, []int{3, 1}, []int{result.Again, result.Found})
	require.False(t, result.Began.IsZero())
	require.Equal(t, result.Began, result.Swept, "nothing was compared before, so all is")
}

// TestReconcileLooksTwice: what has changed by the second look is left alone.
func TestReconcileLooksTwice(t *testing.T) {
	t.Parallel()
	e := newEstate()
	e.change = func(e *estate, looks int) {
		if looks == 3 { // two sources name it before the second look
			e.runs["order/ord_cut"] = workflows.RunFacts{State: workflows.RunRunning} // somebody reset it
		}
		delete(e.payments, "ord_lost") // the order's transaction was still to be seen
	}
	require.NoError(t, reconcile(t, e, workflows.ReconcileInput{}).GetWorkflowError())
	require.Equal(t, []string{"refund/rfd_cut"}, e.again)
	require.Empty(t, e.recorded)
}

// TestReconcileGoesOnInAnotherRun: a big table makes no long history, and what
// was found is acted on before.
func TestReconcileGoesOnInAnotherRun(t *testing.T) {
	t.Parallel()
	e := newEstate()
	for i := range 5000 {
		id := fmt.Sprintf("ord_%d", i)
		e.open = append(e.open, id)
		e.orders[id] = order.Standing{OrderID: id, Status: order.AwaitingPayment, SagaState: order.SagaWaiting, Idle: time.Hour}
		e.runs["order/"+id] = workflows.RunFacts{State: workflows.RunRunning}
	}
	env := reconcile(t, e, workflows.ReconcileInput{})
	var on *workflow.ContinueAsNewError
	require.ErrorAs(t, env.GetWorkflowError(), &on)
	require.ElementsMatch(t, []string{"order/ord_cut", "refund/rfd_cut"}, e.again)

	e.again, e.looks = nil, map[string]int{}
	round := &workflows.Round{ReconcileResult: workflows.ReconcileResult{Began: time.Unix(1, 0).UTC(), Again: 2}, Source: 1, Cursor: "3800"}
	env = reconcile(t, e, workflows.ReconcileInput{Round: round})
	require.NoError(t, env.GetWorkflowError())
	require.Zero(t, e.looks["order/ord_0"], "where the run before it was done")
	require.NotZero(t, e.looks["order/ord_4999"])
	var result workflows.ReconcileResult
	require.NoError(t, env.GetWorkflowResult(&result))
	require.Equal(t, round.Began, result.Began)
}
