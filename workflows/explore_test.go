package workflows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/pricing"
	"github.com/skaldhq/skald/workflows"
	"github.com/skaldhq/skald/workflows/saga"
	"github.com/skaldhq/skald/workflows/saga/sagatest"
)

// TestExplore: whatever fails, and whenever, an order, a payment of its own and a
// refund of either end as the rules of their sagas say.
func TestExplore(t *testing.T) {
	t.Parallel()
	placeOrder, err := workflows.NewPlaceOrder()
	require.NoError(t, err)
	refundOrder, err := workflows.NewRefundOrder()
	require.NoError(t, err)
	takePayment, err := workflows.NewTakePayment()
	require.NoError(t, err)
	refundTaken, err := workflows.NewRefundTakenPayment()
	require.NoError(t, err)
	begun := time.Now()
	cases := 0
	for _, s := range []sagatest.Saga{
		placeOrderSaga(placeOrder, "PlaceOrder", false),
		placeOrderSaga(placeOrder, "PlaceOrder with 3-D Secure", true),
		refundOrderSaga(refundOrder),
		takePaymentSaga(takePayment),
		refundTakenPaymentSaga(refundTaken),
	} {
		report := sagatest.Explore(t, s)
		require.NotEmpty(t, report.Impossible)
		require.Empty(t, report.Violations)
		cases += report.Cases
	}
	t.Logf("%d cases in %.0f s", cases, time.Since(begun).Seconds())
	require.GreaterOrEqual(t, cases, 3000)
}

func op(activity string) sagatest.Op { return sagatest.Op{Activity: activity} }

// placeOrderSaga describes PlaceOrder. With action the customer has to confirm
// the payment, and does so before the first time that the saga asks again.
func placeOrderSaga(w *workflows.PlaceOrder, name string, action bool) sagatest.Saga {
	quote, authorize, capture := op("QuoteOrder"), op("AuthorizePayment"), op("CapturePayment")
	quote.Returns = func(sagatest.Call) any {
		price := money.New(1999, "EUR")
		return pricing.Quote{OrderID: orderID, Total: price, Lines: []pricing.Line{{ProductID: "prd_1", Quantity: 1, UnitPrice: price, Total: price}}}
	}
	authorize.Pending = func(c sagatest.Call) bool { return action && c.Answered == 0 }
	authorize.Returns = func(c sagatest.Call) any {
		if authorize.Pending(c) {
			return payment.Result{ID: "pay_1", Status: payment.RequiresAction}
		}
		return payment.Result{ID: "pay_1", Status: payment.Authorized}
	}
	capture.Returns = func(sagatest.Call) any { return payment.Result{ID: "pay_1", Status: payment.Captured} }
	release, void := op("ReleaseStock"), op("VoidPayment")
	release.Settled, void.Settled = inventory.ErrSold.Code, payment.ErrCaptured.Code
	refund, back, finish := op("RefundPayment"), op("ReturnStock"), op("FinishRefund")

	mark, request := op("MarkSaga"), op("RequestRefund")
	mark.Varies, request.Must = true, true
	mark.Marks = func(c sagatest.Call) (saga.State, int64) {
		var m order.Mark
		c.Decode(&m)
		return saga.State(m.SagaState), m.Seq
	}
	notes := []sagatest.Op{mark, request}
	if action {
		ask := transition("AskCustomer", order.AwaitingPayment)
		ask.Extends = actionTimeout
		notes = append(notes, ask)
	}
	closeOrder := transition("CloseOrder", order.Rejected, order.Cancelled, order.Failed)
	closeOrder.Settled = order.ErrTransition.Code
	var focus []string
	if action {
		focus = []string{"AuthorizePayment", "AskCustomer"}
	}
	audit := audit()
	return sagatest.Saga{
		Name: name, Focus: focus,
		Run: func(env *testsuite.TestWorkflowEnvironment) {
			env.RegisterWorkflowWithOptions(w.Run, workflow.RegisterOptions{Name: workflows.PlaceOrderName})
			env.ExecuteWorkflow(workflows.PlaceOrderName, workflows.PlaceOrderInput{
				OrderID: orderID, UserID: "usr_1", PaymentMethod: "pm_card_visa", ActionTimeout: actionTimeout, Revision: workflows.Revision,
				Items: []order.Item{{ProductID: "prd_1", Quantity: 1}},
			})
		},
		Stages: [][]sagatest.Step{
			{
				{Op: op("CheckCustomer"), Kind: saga.Compensatable, Effectless: true},
				{Op: quote, Kind: saga.Compensatable, Effectless: true},
				{Op: op("ReserveStock"), Kind: saga.Compensatable, Undo: &release},
			},
			{{Op: authorize, Kind: saga.Compensatable, Undo: &void}},
			{{Op: capture, Kind: saga.Pivot, Completes: "AuthorizePayment", Reversal: &refund}},
			{
				{Op: op("CommitStock"), Kind: saga.Retriable, Completes: "ReserveStock", Reversal: &back},
				{Op: transition("ConfirmOrder", order.Confirmed), Kind: saga.Retriable, Final: true, Reversal: &finish},
			},
		},
		Close:    closeOrder,
		Notes:    notes,
		Audit:    &audit,
		Deadline: 10 * time.Minute,
		Key:      orderKey,
		WentThrough: func(env *testsuite.TestWorkflowEnvironment) (bool, error) {
			var out workflows.PlaceOrderOutcome
			err := env.GetWorkflowResult(&out)
			return out.Status == order.Confirmed, err
		},
	}
}

// takePaymentSaga describes TakePayment, whose customer has to confirm and does so
// before the first time that the saga asks again. Two faults at once are explored
// where its way back differs from an order's.
func takePaymentSaga(w *workflows.TakePayment) sagatest.Saga {
	authorize, capture, void, closing, audit := op("AuthorizePayment"), op("CapturePayment"), op("VoidPayment"), op("ClosePayment"), audit()
	authorize.Pending = func(c sagatest.Call) bool { return c.Answered == 0 }
	authorize.Extends = actionTimeout
	stands := func(status payment.Status) any { return payment.Result{ID: paymentID, Status: status} }
	authorize.Returns = func(c sagatest.Call) any {
		if authorize.Pending(c) {
			return stands(payment.RequiresAction)
		}
		return stands(payment.Authorized)
	}
	capture.Returns = func(sagatest.Call) any { return stands(payment.Captured) }
	closing.Returns = func(sagatest.Call) any { return stands(payment.Voided) }
	void.Settled = payment.ErrCaptured.Code
	refund := op("RefundPayment")
	return sagatest.Saga{
		Name: "TakePayment", Focus: []string{"ClosePayment", "RefundPayment"},
		Run: func(env *testsuite.TestWorkflowEnvironment) {
			env.RegisterWorkflowWithOptions(w.Run, workflow.RegisterOptions{Name: workflows.TakePaymentName})
			env.ExecuteWorkflow(workflows.TakePaymentName, workflows.TakePaymentInput{
				PaymentID: paymentID, UserID: "usr_1", Amount: money1999(), Method: "pm_card_visa", ActionTimeout: actionTimeout,
			})
		},
		Stages: [][]sagatest.Step{
			{{Op: op("CheckCustomer"), Kind: saga.Compensatable, Effectless: true}},
			{{Op: authorize, Kind: saga.Compensatable, Undo: &void}},
			{{Op: capture, Kind: saga.Pivot, Completes: "AuthorizePayment", Reversal: &refund}},
		},
		Close:    closing,
		Audit:    &audit,
		Deadline: 10 * time.Minute,
		Key:      paymentKey,
		WentThrough: func(env *testsuite.TestWorkflowEnvironment) (bool, error) {
			var out workflows.TakePaymentOutcome
			err := env.GetWorkflowResult(&out)
			return out.Status == payment.Captured, err
		},
	}
}

// refundTakenPaymentSaga describes RefundTakenPayment, which is one step: it records
// nothing where that is refused.
func refundTakenPaymentSaga(w *workflows.RefundTakenPayment) sagatest.Saga {
	audit := audit()
	return sagatest.Saga{
		Name: "RefundTakenPayment",
		Run: func(env *testsuite.TestWorkflowEnvironment) {
			env.RegisterWorkflowWithOptions(w.Run, workflow.RegisterOptions{Name: workflows.RefundTakenPaymentName})
			env.ExecuteWorkflow(workflows.RefundTakenPaymentName, workflows.RefundTakenPaymentInput{PaymentID: paymentID, RefundID: "rfd_1"})
		},
		Stages:   [][]sagatest.Step{{{Op: op("RefundPayment"), Kind: saga.Pivot}}},
		Audit:    &audit,
		Deadline: 10 * time.Minute,
		Key:      paymentKey,
		WentThrough: func(env *testsuite.TestWorkflowEnvironment) (bool, error) {
			var out payment.RefundStatus
			err := env.GetWorkflowResult(&out)
			return out == payment.RefundDone, err
		},
	}
}

// paymentKey is the key of an operation on a payment of its own: its id.
func paymentKey(c sagatest.Call) string {
	var r struct {
		PaymentID string `json:"payment_id"`
		OrderID   string `json:"order_id"`
	}
	c.Decode(&r)
	return r.PaymentID + r.OrderID
}

// refundOrderSaga describes RefundOrder.
func refundOrderSaga(w *workflows.RefundOrder) sagatest.Saga {
	end := func(name string, status order.RefundStatus) sagatest.Op {
		return sagatest.Op{Name: name, Activity: "FinishRefund", Match: func(c sagatest.Call) bool {
			var e order.RefundEnd
			c.Decode(&e)
			return e.Status == status
		}}
	}
	audit := audit()
	return sagatest.Saga{
		Name: "RefundOrder",
		Run: func(env *testsuite.TestWorkflowEnvironment) {
			env.RegisterWorkflowWithOptions(w.Run, workflow.RegisterOptions{Name: workflows.RefundOrderName})
			env.ExecuteWorkflow(workflows.RefundOrderName, workflows.RefundOrderInput{Plan: order.RefundPlan{
				ID: "rfd_1", OrderID: orderID, Amount: money.New(1999, "EUR"), Status: order.RefundRequested,
				Lines: []order.RefundLine{{ProductID: "prd_1", Quantity: 1}},
			}})
		},
		Stages: [][]sagatest.Step{
			{{Op: op("RefundPayment"), Kind: saga.Pivot}},
			{
				{Op: op("ReturnStock"), Kind: saga.Retriable},
				{Op: end("FinishRefund", order.RefundDone), Kind: saga.Retriable, Final: true},
			},
		},
		Close:    end("RefuseRefund", order.RefundRefused),
		Audit:    &audit,
		Deadline: 10 * time.Minute,
		Key:      orderKey,
		WentThrough: func(env *testsuite.TestWorkflowEnvironment) (bool, error) {
			var out order.RefundStatus
			err := env.GetWorkflowResult(&out)
			return out == order.RefundDone, err
		},
	}
}

// transition is a change of the order's status. It carries a number that grows.
func transition(name string, to ...order.Status) sagatest.Op {
	decode := func(c sagatest.Call) (t order.Transition) {
		c.Decode(&t)
		return t
	}
	return sagatest.Op{
		Name: name, Activity: "TransitionOrder", Varies: true,
		Match: func(c sagatest.Call) bool { return slices.Contains(to, decode(c).To) },
		Marks: func(c sagatest.Call) (saga.State, int64) { t := decode(c); return saga.State(t.SagaState), t.Seq },
	}
}

// audit keeps an operator's decision. Nothing refuses it.
func audit() sagatest.Op { return sagatest.Op{Activity: "RecordResolution", Varies: true, Sure: true} }

// orderKey is the key of an operation: its order's. A saga knows of one refund.
func orderKey(c sagatest.Call) string {
	var r struct {
		OrderID string `json:"order_id"`
	}
	c.Decode(&r)
	return r.OrderID
}

const orderID = "ord_01m7y7a09zf0svrca0pdjhd9nr"

// actionTimeout is how long the customer has.
const actionTimeout = 10 * time.Minute
