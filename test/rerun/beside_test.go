package rerun_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/activities"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/workflows"
	"github.com/skaldhq/skald/workflows/saga"
)

// stuck is the inventory of an order whose units can be sold or released only
// once it is told to work, at a moment of the sagas' own clock.
type stuck struct {
	inventory.Service
	sells, releases bool
}

var errStuck = fault.New(fault.Unavailable, "stuck", "The warehouse does not answer.")

func (s *stuck) CommitStock(ctx context.Context, r inventory.OrderRequest) (inventory.Reservation, error) {
	if !s.sells {
		return inventory.Reservation{}, errStuck
	}
	return s.Service.CommitStock(ctx, r)
}

func (s *stuck) ReleaseStock(ctx context.Context, r inventory.OrderRequest) (inventory.Reservation, error) {
	if !s.releases {
		return inventory.Reservation{}, errStuck
	}
	return s.Service.ReleaseStock(ctx, r)
}

// besides is a saga that an operator turns back, and what the customer does
// beside it.
type besides struct {
	*testing.T
	*bench
	env     *testsuite.TestWorkflowEnvironment
	stuck   *stuck
	order   order.Order
	refunds []workflows.RefundOrderInput // of which the sagas were started
}

// compensate is the operator's decision to turn the order's saga back.
func (b *besides) compensate() {
	b.env.UpdateWorkflow(saga.UpdateResolve, "res_1", &testsuite.TestUpdateCallback{
		OnAccept:   func() {},
		OnReject:   func(err error) { require.NoError(b, err) },
		OnComplete: func(_ any, err error) { require.NoError(b, err) },
	}, saga.Resolution{ID: "res_1", Step: "CommitStock", Action: saga.Compensate, Reason: "lost", By: "operator"})
}

// cancel is the customer's request, driven as the dispatcher does.
func (b *besides) cancel() {
	_, err := b.orders.RequestCancellation(b.Context(), b.order.ID, "changed my mind")
	require.NoError(b, err)
	b.dispatch()
}

func (b *besides) dispatch() {
	left, err := b.orders.CancellationsLeft(b.Context(), 0, 10)
	require.NoError(b, err)
	starts := &mocks.Client{}
	starts.On("ExecuteWorkflow", mock.Anything, mock.Anything, workflows.RefundOrderName, mock.Anything).Return(
		func(_ context.Context, _ client.StartWorkflowOptions, _ any, args ...any) client.WorkflowRun {
			b.refunds = append(b.refunds, args[0].(workflows.RefundOrderInput))
			return nil
		}, nil)
	for _, o := range left {
		require.NoError(b, workflows.CancelOrder(b.Context(), starts, b.orders, o, actionTimeout))
	}
}

// request is a refund that the customer asks for, of all units.
func (b *besides) request() {
	r, err := b.orders.RequestRefund(b.Context(), order.RefundRequest{OrderID: b.order.ID, RefundID: order.RefundIDPrefix.New(), Caller: "alice"})
	require.NoError(b, err)
	b.refunds = append(b.refunds, workflows.RefundOrderInput{Plan: r.Plan(), Revision: workflows.Revision})
}

// pay gives the money of the customer's refund back, and ends it: its units follow.
func (b *besides) pay() {
	plan := b.refunds[0].Plan
	_, err := b.payments.RefundPayment(b.Context(), payment.RefundRequest{OrderID: plan.OrderID, RefundID: plan.ID, Amount: plan.Amount})
	require.NoError(b, err)
	_, err = b.orders.FinishRefund(b.Context(), order.RefundEnd{OrderID: plan.OrderID, RefundID: plan.ID, Status: order.RefundDone})
	require.NoError(b, err)
}

// finish runs the sagas of the customer's refunds to their end.
func (b *besides) finish() {
	for _, in := range b.refunds {
		var suite testsuite.WorkflowTestSuite
		suite.SetLogger(silent{})
		env := suite.NewTestWorkflowEnvironment()
		env.SetTestTimeout(30 * time.Second)
		refundOrder, err := workflows.NewRefundOrder()
		require.NoError(b, err)
		env.RegisterWorkflowWithOptions(refundOrder.Run, workflow.RegisterOptions{Name: workflows.RefundOrderName})
		for _, s := range b.structs {
			env.RegisterActivity(s)
		}
		env.ExecuteWorkflow(workflows.RefundOrderName, in)
		require.True(b, env.IsWorkflowCompleted())
		require.NoError(b, env.GetWorkflowError(), "it must not park: it would not end")
	}
	b.refunds = nil
}

// TestReversedBeside: an operator turns back a confirmed order whose units cannot
// be sold, and the customer gets out of it at the same time. Whichever is first,
// money and units go back once and the order ends.
func TestReversedBeside(t *testing.T) {
	t.Parallel()
	type happening struct {
		at time.Duration
		do func(*besides)
	}
	release := func(b *besides) { b.stuck.releases = true }
	sold := func(b *besides) {
		_, err := b.stock.CommitStock(b.Context(), inventory.OrderRequest{OrderID: b.order.ID})
		require.NoError(b, err)
		release(b)
	}
	for name, happens := range map[string][]happening{
		"reversed, then cancelled, then released": {
			{5 * time.Minute, (*besides).compensate}, {6 * time.Minute, (*besides).cancel}, {7 * time.Minute, (*besides).finish}, {8 * time.Minute, release},
		},
		"reversed, then cancelled, refunded once it is released": {
			{5 * time.Minute, (*besides).compensate}, {6 * time.Minute, (*besides).cancel}, {7 * time.Minute, release}, {40 * time.Minute, (*besides).finish},
		},
		"reversed, its units sold after all, then cancelled": {
			{5 * time.Minute, (*besides).compensate}, {6 * time.Minute, sold}, {6 * time.Minute, (*besides).cancel}, {40 * time.Minute, (*besides).finish},
		},
		"cancelled and paid, then reversed": {
			{5 * time.Minute, (*besides).cancel}, {6 * time.Minute, (*besides).pay}, {7 * time.Minute, release}, {7 * time.Minute, (*besides).compensate},
			{40 * time.Minute, (*besides).finish},
		},
		"cancelled, then reversed, then paid": {
			{5 * time.Minute, (*besides).cancel}, {6 * time.Minute, release}, {7 * time.Minute, (*besides).compensate}, {40 * time.Minute, (*besides).finish},
		},
		"refunded by the customer, then reversed": {
			{5 * time.Minute, (*besides).request}, {6 * time.Minute, (*besides).pay}, {7 * time.Minute, release}, {7 * time.Minute, (*besides).compensate},
			{40 * time.Minute, (*besides).finish},
		},
		"refunded by the customer, paid and sold, then reversed": {
			{5 * time.Minute, (*besides).request}, {6 * time.Minute, (*besides).pay}, {7 * time.Minute, sold}, {7 * time.Minute, (*besides).compensate},
			{40 * time.Minute, (*besides).finish},
		},
		"reversed while the customer's refund is under way": {
			{5 * time.Minute, (*besides).request}, {6 * time.Minute, release}, {7 * time.Minute, (*besides).compensate}, {40 * time.Minute, (*besides).finish},
		},
		"refunded, then cancelled, then reversed": {
			{5 * time.Minute, (*besides).request}, {6 * time.Minute, (*besides).cancel}, {7 * time.Minute, release}, {7 * time.Minute, (*besides).compensate},
			{40 * time.Minute, (*besides).finish}, {80 * time.Minute, (*besides).dispatch},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &besides{T: t, bench: open(t)}
			b.stuck = &stuck{Service: b.stock}
			b.structs[2] = activities.NewInventory(b.stuck)
			s := scenario{method: "pm_card_visa", quantity: 2}
			b.order, _ = b.place(t, s)
			b.run(t, b.order, false, time.Now(), func(env *testsuite.TestWorkflowEnvironment) {
				b.env = env
				for _, h := range happens {
					env.RegisterDelayedCallback(func() { h.do(b) }, h.at)
				}
			})
			b.finish()
			after := b.standing(t, b.order)
			require.Equal(t, order.Refunded, after.Order.Status, after)
			require.True(t, workflows.Judge(after, time.Second).Sound(), after)
			require.True(t, after.Order.Settled(), after)
			require.Equal(t, []string{"authorize", "capture", "refund"}, b.effects(t, b.order.ID))
			count, err := b.stock.Get(t.Context(), b.order.Items[0].ProductID)
			require.NoError(t, err)
			require.Equal(t, []int64{units, 0}, []int64{count.OnHand, count.Reserved})
			left, err := b.orders.CancellationsLeft(t.Context(), 0, 10)
			require.NoError(t, err)
			require.Empty(t, left)
			refunds, err := b.orders.RefundsLeft(t.Context(), 0, 10)
			require.NoError(t, err)
			require.Empty(t, refunds)
		})
	}
}
