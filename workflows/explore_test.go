package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/pricing"
	"github.com/skaldhq/skald/workflows"
	"github.com/skaldhq/skald/workflows/saga"
	"github.com/skaldhq/skald/workflows/saga/sagatest"
)

// TestExplorePlaceOrder: whatever fails, and whenever, an order ends as the
// rules of its saga say.
func TestExplorePlaceOrder(t *testing.T) {
	t.Parallel()
	placeOrder, err := workflows.NewPlaceOrder()
	require.NoError(t, err)
	begun := time.Now()
	cases := 0
	for _, s := range []sagatest.Saga{
		placeOrderSaga(placeOrder, "PlaceOrder", false),
		placeOrderSaga(placeOrder, "PlaceOrder with 3-D Secure", true),
	} {
		report := sagatest.Explore(t, s)
		require.NotEmpty(t, report.Impossible)
		cases += report.Cases
	}
	fmt.Printf("sagatest: %d cases in %.0f s\n", cases, time.Since(begun).Seconds())
	require.GreaterOrEqual(t, cases, 3000)
}

// placeOrderSaga describes PlaceOrder. With action the customer has to confirm
// the payment, and does so before the first time that the saga asks again.
func placeOrderSaga(w *workflows.PlaceOrder, name string, action bool) sagatest.Saga {
	op := func(activity string) sagatest.Op { return sagatest.Op{Activity: activity} }
	transition := func(name string, to ...order.Status) sagatest.Op {
		return sagatest.Op{Name: name, Activity: "TransitionOrder", Match: func(c sagatest.Call) bool {
			var t order.Transition
			c.Decode(&t)
			for _, s := range to {
				if t.To == s {
					return true
				}
			}
			return false
		}}
	}
	quote := op("QuoteOrder")
	quote.Returns = func(sagatest.Call) any {
		price := money.New(1999, "EUR")
		return pricing.Quote{OrderID: "ord_1", Total: price, Lines: []pricing.Line{{ProductID: "prd_1", Quantity: 1, UnitPrice: price, Total: price}}}
	}
	authorize := op("AuthorizePayment")
	authorize.Returns = func(c sagatest.Call) any {
		if action && c.Answered == 0 {
			return payment.Result{ID: "pay_1", Status: payment.RequiresAction}
		}
		return payment.Result{ID: "pay_1", Status: payment.Authorized}
	}
	capture := op("CapturePayment")
	capture.Returns = func(sagatest.Call) any { return payment.Result{ID: "pay_1", Status: payment.Captured} }
	release, void := op("ReleaseStock"), op("VoidPayment")
	notes := []sagatest.Op{op("MarkSaga")}
	if action {
		ask := transition("AskCustomer", order.AwaitingPayment)
		ask.Extends = actionTimeout
		notes = append(notes, ask)
	}
	return sagatest.Saga{
		Name: name,
		Run: func(env *testsuite.TestWorkflowEnvironment) {
			env.RegisterWorkflowWithOptions(w.Run, workflow.RegisterOptions{Name: workflows.PlaceOrderName})
			env.ExecuteWorkflow(workflows.PlaceOrderName, workflows.PlaceOrderInput{
				OrderID: "ord_1", UserID: "usr_1", PaymentMethod: "pm_card_visa", ActionTimeout: actionTimeout, Revision: workflows.Revision,
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
			{{Op: capture, Kind: saga.Pivot}},
			{
				{Op: op("CommitStock"), Kind: saga.Retriable},
				{Op: transition("ConfirmOrder", order.Confirmed), Kind: saga.Retriable},
			},
		},
		Close:    transition("CloseOrder", order.Rejected, order.Cancelled, order.Failed),
		Notes:    notes,
		Deadline: 10 * time.Minute,
		Key: func(c sagatest.Call) string {
			var r struct {
				OrderID string `json:"order_id"`
			}
			c.Decode(&r)
			return r.OrderID
		},
		WentThrough: func(env *testsuite.TestWorkflowEnvironment) (bool, error) {
			var out workflows.PlaceOrderOutcome
			err := env.GetWorkflowResult(&out)
			return out.Status == order.Confirmed, err
		},
	}
}

// actionTimeout is how long the customer has.
const actionTimeout = 10 * time.Minute
