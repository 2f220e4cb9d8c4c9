package rerun_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/user"
	"github.com/skaldhq/skald/workflows"
	"github.com/skaldhq/skald/workflows/saga"
)

// skip is an operator who has nothing done of what is parked.
func skip(t *testing.T, env *testsuite.TestWorkflowEnvironment, step string, at time.Duration) {
	t.Helper()
	env.RegisterDelayedCallback(func() {
		env.UpdateWorkflow(saga.UpdateResolve, "res_"+step, &testsuite.TestUpdateCallback{
			OnAccept:   func() {},
			OnReject:   func(err error) { require.NoError(t, err) },
			OnComplete: func(_ any, err error) { require.NoError(t, err) },
		}, saga.Resolution{ID: "res_" + step, Step: step, Action: saga.Skip, Reason: "it was sold", By: "operator"})
	}, at)
}

// TestResetOfWhatEnded: a run that was reset turns back, since the customer may
// not order any more, and finds that the order was bought: it follows that.
func TestResetOfWhatEnded(t *testing.T) {
	t.Parallel()
	b := open(t)
	for _, ended := range []order.Status{order.Confirmed, order.Refunded} {
		o, customer := b.place(t, scenario{method: "pm_card_visa", quantity: 2})
		b.run(t, o, false, time.Now(), nil)
		if ended == order.Refunded {
			b.giveBack(t, o)
		}
		before := b.standing(t, o)
		require.Equal(t, ended, before.Order.Status)
		customer.Status = user.Suspended
		_, err := b.users.Update(t.Context(), customer, 1)
		require.NoError(t, err)
		b.run(t, o, false, time.Now(), func(env *testsuite.TestWorkflowEnvironment) { skip(t, env, "ReleaseStock", 10*time.Minute) })
		after := b.standing(t, o)
		require.Equal(t, ended, after.Order.Status)
		require.True(t, workflows.Judge(after, time.Second).Sound(), after)
	}
}

// giveBack turns a confirmed order back whose units are sold or released.
func (b *bench) giveBack(t *testing.T, o order.Order) {
	t.Helper()
	refundID, err := order.ReversalID(o.ID)
	require.NoError(t, err)
	_, err = b.payments.RefundPayment(t.Context(), payment.RefundRequest{OrderID: o.ID, RefundID: refundID, Reversal: true})
	require.NoError(t, err)
	if b.standing(t, o).Stock.State == inventory.Sold {
		_, err = b.stock.ReturnStock(t.Context(), inventory.ReturnRequest{OrderID: o.ID, RefundID: refundID, Reversal: true})
		require.NoError(t, err)
	}
	_, err = b.orders.RequestRefund(t.Context(), order.RefundRequest{OrderID: o.ID, RefundID: refundID, Whole: true, Returned: true})
	require.NoError(t, err)
}

// TestRefundedWithoutASale: a run that was cut where the units of a refunded order
// were released turns back, since they can never be sold.
func TestRefundedWithoutASale(t *testing.T) {
	t.Parallel()
	b := open(t)
	first, _ := b.place(t, scenario{method: "pm_card_visa", quantity: 2})
	var before []call
	for _, c := range b.run(t, first, false, time.Now(), nil) {
		if c.name != "CommitStock" {
			before = append(before, c)
		}
	}
	o, _ := b.place(t, scenario{quantity: 2, method: "pm_card_visa"})
	b.replay(t, first, o, before)
	_, err := b.stock.ReleaseStock(t.Context(), inventory.OrderRequest{OrderID: o.ID})
	require.NoError(t, err)
	b.giveBack(t, o)
	b.run(t, o, true, time.Now(), nil)
	after := b.standing(t, o)
	require.Equal(t, order.Refunded, after.Order.Status)
	require.True(t, after.Order.Settled(), after)
	require.True(t, workflows.Judge(after, time.Second).Sound(), after)
	require.Equal(t, []string{"authorize", "capture", "refund"}, b.effects(t, o.ID))
}
