package workflows_test

import (
	"context"
	"testing"

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

// repaired is what a repair did.
type repaired struct {
	effects []string
	end     order.RepairEnd
	mark    order.Mark
}

// repair runs a repair of an order of an estate.
func repair(t *testing.T, e *estate, in workflows.RepairOrderInput) (did repaired) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	w, err := workflows.NewRepairOrder()
	require.NoError(t, err)
	env.RegisterWorkflowWithOptions(w.Run, workflow.RegisterOptions{Name: workflows.RepairOrderName})
	orders, stock, money := activities.NewOrder(estateOrders{estate: e}), activities.NewInventory(estateStock{estate: e}), activities.NewPayment(estatePayments{estate: e})
	runs := &workflows.Runs{}
	for _, a := range []any{orders, stock, money, runs} {
		env.RegisterActivity(a)
	}
	env.OnActivity(runs.DescribeRuns, mock.Anything, mock.Anything).Return(func(_ context.Context, ids []string) ([]workflows.RunFacts, error) {
		return []workflows.RunFacts{e.runs[ids[0]]}, nil
	})
	effect := func(name string) { did.effects = append(did.effects, name) }
	env.OnActivity(money.VoidPayment, mock.Anything, mock.Anything).Return(func(context.Context, payment.OrderRequest) (payment.Result, error) {
		effect("VoidPayment")
		return payment.Result{}, nil
	})
	env.OnActivity(stock.ReleaseStock, mock.Anything, mock.Anything).Return(func(context.Context, inventory.OrderRequest) (inventory.Reservation, error) {
		effect("ReleaseStock")
		return inventory.Reservation{}, nil
	})
	env.OnActivity(orders.TransitionOrder, mock.Anything, mock.Anything).Return(func(_ context.Context, t order.Transition) (order.Status, error) {
		effect("→" + string(t.To))
		return t.To, nil
	})
	env.OnActivity(orders.RequestRefund, mock.Anything, mock.Anything).Return(func(context.Context, order.RefundRequest) (order.RefundPlan, error) {
		effect("RequestRefund")
		return order.RefundPlan{}, nil
	})
	env.OnActivity(orders.FinishRefund, mock.Anything, mock.Anything).Return(func(context.Context, order.RefundEnd) (order.RefundPlan, error) {
		effect("FinishRefund")
		return order.RefundPlan{}, nil
	})
	env.OnActivity(orders.MarkSaga, mock.Anything, mock.Anything).Return(func(_ context.Context, m order.Mark) error {
		did.mark = m
		return nil
	})
	env.OnActivity(orders.EndRepair, mock.Anything, mock.Anything).Return(func(_ context.Context, end order.RepairEnd) error {
		did.end = end
		return nil
	})
	env.ExecuteWorkflow(workflows.RepairOrderName, in)
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	return did
}

// TestRepairLooksAgain: money goes back only while the discrepancy is there, and
// no saga is at it.
func TestRepairLooksAgain(t *testing.T) {
	t.Parallel()
	confirmed := order.Standing{OrderID: orderID, Status: order.Confirmed, SagaState: order.SagaCompleted, Owed: price}
	rejected := order.Standing{OrderID: orderID, Status: order.Rejected, SagaState: order.SagaCompensated}
	stale, pending := rejected, order.Standing{OrderID: orderID, Status: order.Pending, SagaState: order.SagaRunning}
	stale.SagaState = order.SagaCompensating
	paid, twice := payment.Standing{OrderID: orderID, Status: payment.Captured, Kept: price}, payment.Standing{OrderID: orderID, Status: payment.Captured, Kept: 2 * price}
	held, sold := payment.Standing{OrderID: orderID, Status: payment.Authorized}, inventory.Standing{OrderID: orderID, State: inventory.Sold, Sold: 2}
	over := workflows.RunFacts{State: workflows.RunCompleted, Again: true}
	back := []string{"VoidPayment", "ReleaseStock"}
	for _, tc := range []struct {
		name    string
		o       *order.Standing
		p       *payment.Standing
		s       *inventory.Standing
		run     workflows.RunFacts
		kind    order.DiscrepancyKind
		again   bool
		code    string // empty: it is done
		effects []string
		mark    order.SagaState
	}{
		{name: "it is still there", p: &held, run: workflows.RunFacts{State: workflows.RunNone}, kind: order.PaymentWithoutOrder, effects: back},
		{name: "too much was taken", o: &confirmed, p: &twice, s: &sold, run: over, kind: order.MoneyKept, effects: append([]string{"RequestRefund", "FinishRefund"}, back...)},
		{name: "the order was confirmed meanwhile", o: &confirmed, p: &paid, s: &sold, run: over, kind: order.OrderOpen, code: workflows.CodeDiscrepancyGone},
		{name: "another is there", o: &confirmed, p: &twice, s: &sold, run: over, kind: order.OrderOpen, code: workflows.CodeDiscrepancyGone},
		{name: "the saga runs", o: &pending, p: &held, run: workflows.RunFacts{State: workflows.RunRunning}, kind: order.OrderOpen, code: workflows.CodeSagaRunning},
		{name: "the saga is about to run again", o: &pending, p: &held, run: workflows.RunFacts{State: workflows.RunCut}, kind: order.OrderOpen, code: workflows.CodeSagaRunning},
		{name: "the order did not come to be", o: &pending, p: &held, run: over, kind: order.OrderOpen, effects: append([]string{"→failed"}, back...)},
		{name: "the saga's mark is stale", o: &stale, run: over, kind: order.OrderOpen, effects: back, mark: order.SagaCompensated},
		{name: "cut after the money went back", o: nil, s: &sold, run: workflows.RunFacts{State: workflows.RunNone}, kind: order.PaymentWithoutOrder, again: true, effects: back},
		{name: "cut before it was recorded", o: &rejected, run: over, kind: order.MoneyKept, again: true, effects: back},
		{name: "cut, and the order is well", o: &confirmed, p: &paid, s: &sold, run: over, kind: order.MoneyKept, again: true, code: workflows.CodeDiscrepancyGone},
		{name: "cut, and the saga runs", o: &confirmed, p: &paid, s: &sold, run: workflows.RunFacts{State: workflows.RunRunning}, kind: order.MoneyKept, again: true, code: workflows.CodeSagaRunning},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			e := &estate{
				orders: map[string]order.Standing{}, payments: map[string]payment.Standing{}, stock: map[string]inventory.Standing{},
				runs: map[string]workflows.RunFacts{order.WorkflowID(orderID): tc.run},
			}
			if tc.o != nil {
				e.orders[orderID] = *tc.o
			}
			if tc.p != nil {
				e.payments[orderID] = *tc.p
			}
			if tc.s != nil {
				e.stock[orderID] = *tc.s
			}
			did := repair(t, e, workflows.RepairOrderInput{RepairID: "rep_1", OrderID: orderID, Kind: tc.kind, Again: tc.again, Revision: workflows.RepairRevision})
			require.ElementsMatch(t, tc.effects, did.effects)
			require.Equal(t, tc.mark, did.mark.SagaState)
			want := order.RepairEnd{RepairID: "rep_1", OrderID: orderID, Outcome: order.RepairDone}
			if tc.code != "" {
				want.Outcome, want.Code = order.RepairRefused, tc.code
			}
			require.Equal(t, want, did.end)
		})
	}
}
