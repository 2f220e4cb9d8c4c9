package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/pricing"
	"github.com/skaldhq/skald/services/user"
	"github.com/skaldhq/skald/workflows"
)

var errDown = fault.New(fault.Unavailable, "down", "The service is down.")

// failing makes one operation fail its first calls.
func failing(operation string, err error, calls int) func(string, int) error {
	return func(op string, n int) error {
		if op == operation && n <= calls {
			return err
		}
		return nil
	}
}

const always = 1 << 30

// TestFailingStep holds, for each step and way to fail, the exact effects and
// compensations in order, and how the order ends.
func TestFailingStep(t *testing.T) {
	t.Parallel()
	confirmed := []string{"ReserveStock", "AuthorizePayment", "CapturePayment", "→confirmed", "CommitStock"}
	reserved := []string{"ReserveStock", "ReleaseStock"}
	held := []string{"ReserveStock", "AuthorizePayment", "VoidPayment", "ReleaseStock"}
	captured := []string{"ReserveStock", "AuthorizePayment", "CapturePayment", "VoidPayment", "ReleaseStock"}
	for _, tc := range []struct {
		name    string
		step    string
		err     error
		calls   int
		effects []string
		status  order.Status
		code    string
	}{
		{"nothing", "", nil, 0, confirmed, order.Confirmed, ""},

		{"unknown user", "CheckCustomer", user.ErrNotFound, always, reserved, order.Rejected, "user_not_found"},
		{"inactive user", "CheckCustomer", user.ErrInactive, always, reserved, order.Rejected, "user_inactive"},
		{"users down for good", "CheckCustomer", errDown, always, reserved, order.Failed, "service_unavailable"},
		{"users down for a while", "CheckCustomer", errDown, 4, confirmed, order.Confirmed, ""},

		{"unknown product", "QuoteOrder", pricing.ErrNotFound, always, reserved, order.Rejected, "product_not_found"},
		{"other currency", "QuoteOrder", pricing.ErrCurrency, always, reserved, order.Rejected, "currency_not_supported"},
		{"quoted for other items", "QuoteOrder", pricing.ErrMismatch, always, reserved, order.Failed, "operation_mismatch"},
		{"prices down for good", "QuoteOrder", errDown, always, reserved, order.Failed, "service_unavailable"},

		{"no stock", "ReserveStock", inventory.ErrInsufficient, always, reserved, order.Rejected, "insufficient_stock"},
		{"stock down for good", "ReserveStock", errDown, always, reserved, order.Failed, "service_unavailable"},
		{"stock down for a while", "ReserveStock", errDown, 4, confirmed, order.Confirmed, ""},

		{"declined", "AuthorizePayment", payment.ErrDeclined, always, held, order.Rejected, "payment_declined"},
		{"provider down for good", "AuthorizePayment", errDown, always, held, order.Failed, "service_unavailable"},
		{"provider down for a while", "AuthorizePayment", errDown, 4, confirmed, order.Confirmed, ""},

		{"capture refused", "CapturePayment", payment.ErrVoided, always, captured, order.Rejected, "payment_voided"},
		{"capture down for a while", "CapturePayment", errDown, 4, confirmed, order.Confirmed, ""},
		{"capture down for hours", "CapturePayment", errDown, 300, confirmed, order.Confirmed, ""},

		{"commit down for hours", "CommitStock", errDown, 300, confirmed, order.Confirmed, ""},
		{"commit refused for hours", "CommitStock", inventory.ErrInsufficient, 50, confirmed, order.Confirmed, ""},
		{"confirm down for hours", "→confirmed", errDown, 300, confirmed, order.Confirmed, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w, env := setup(t)
			w.fail = failing(tc.step, tc.err, tc.calls)
			out := place(t, env)
			require.Equal(t, tc.status, out.Status)
			if tc.status == order.Confirmed {
				require.ElementsMatch(t, tc.effects, w.effects())
				require.Equal(t, tc.effects[:3], w.effects()[:3])
				require.Equal(t, money1999(), w.final.Quote.Total)
				require.Equal(t, "pay_1", w.final.PaymentID)
				return
			}
			require.Equal(t, append(tc.effects[:len(tc.effects):len(tc.effects)], "→"+string(tc.status)), w.effects())
			require.Equal(t, tc.code, w.final.Failure.Code)
			require.Equal(t, tc.step, w.final.Failure.Step)
			require.NotEmpty(t, w.final.Failure.Detail)
			require.Equal(t, order.SagaCompensated, w.final.SagaState)
		})
	}
}

// TestFailingCompensation: a compensation that keeps failing parks the saga,
// and is done all the same, before the next one.
func TestFailingCompensation(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"VoidPayment", "ReleaseStock", "→rejected"} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			w, env := setup(t)
			w.fail = func(op string, n int) error {
				switch {
				case op == "AuthorizePayment":
					return payment.ErrDeclined
				case op == operation && n <= 200:
					return errDown
				}
				return nil
			}
			require.Equal(t, order.Rejected, place(t, env).Status)
			require.Equal(t, []string{"ReserveStock", "AuthorizePayment", "VoidPayment", "ReleaseStock", "→rejected"}, w.effects())
			require.Contains(t, w.marks, order.SagaParked)
			require.Equal(t, order.SagaCompensated, w.final.SagaState)
		})
	}
}

// TestParkedAfterPivot: the client is answered, the saga goes on.
func TestParkedAfterPivot(t *testing.T) {
	t.Parallel()
	w, env := setup(t)
	w.fail = failing("CommitStock", errDown, 200)
	var answered time.Time
	start := env.Now()
	env.RegisterDelayedCallback(func() {
		env.UpdateWorkflow(workflows.UpdateOutcome, workflows.UpdateOutcome, &testsuite.TestUpdateCallback{
			OnAccept: func() {},
			OnReject: func(err error) { require.NoError(t, err) },
			OnComplete: func(out any, err error) {
				require.NoError(t, err)
				require.Equal(t, order.Confirmed, out.(workflows.PlaceOrderOutcome).Status)
				answered = env.Now()
			},
		})
	}, 0)
	require.Equal(t, order.Confirmed, place(t, env).Status)
	require.Less(t, answered.Sub(start), 2*time.Minute)
	require.Greater(t, env.Now().Sub(start), 5*time.Minute)
	require.Equal(t, []order.SagaState{order.SagaParked, order.SagaRunning, order.SagaCompleted}, w.marks)
}

// TestParkedIsRecordedLater: an order whose database was away when its saga parked
// says so once it is back.
func TestParkedIsRecordedLater(t *testing.T) {
	t.Parallel()
	w, env := setup(t)
	w.fail = failing("CommitStock", errDown, 200)
	begun := env.Now()
	w.deaf = func() bool { return env.Now().Sub(begun) < 90*time.Second }
	env.RegisterDelayedCallback(func() {
		require.NotEmpty(t, w.marks)
		require.Equal(t, order.SagaParked, w.marks[0])
	}, 5*time.Minute)
	require.Equal(t, order.Confirmed, place(t, env).Status)
	require.Equal(t, []order.SagaState{order.SagaParked, order.SagaRunning, order.SagaCompleted}, w.marks)
}

// TestDeadline: an order that comes to its pivot too late is not captured, such as
// one whose worker was away.
func TestDeadline(t *testing.T) {
	t.Parallel()
	w, env := setup(t)
	env.OnActivity("AuthorizePayment", mock.Anything, mock.Anything).After(11*time.Minute).
		Return(payment.Result{ID: "pay_1", Status: payment.Authorized}, nil)
	require.Equal(t, order.Failed, place(t, env).Status)
	require.Equal(t, []string{"ReserveStock", "VoidPayment", "ReleaseStock", "→failed"}, w.effects())
	require.Equal(t, &order.Failure{Code: "deadline_exceeded", Detail: "The order took too long.", Step: "CapturePayment"}, w.final.Failure)
}

// TestSeveralServicesDown: nobody cancelled an order whose services gave up one
// after the other.
func TestSeveralServicesDown(t *testing.T) {
	t.Parallel()
	w, env := setup(t)
	w.fail = func(op string, _ int) error {
		if op == "CheckCustomer" || op == "QuoteOrder" {
			return errDown
		}
		return nil
	}
	require.Equal(t, order.Failed, place(t, env).Status)
	require.Equal(t, "service_unavailable", w.final.Failure.Code)
}

// TestCancel: before the pivot a cancellation compensates, from the pivot on it
// changes nothing.
func TestCancel(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		during string
		status order.Status
		undone []string
	}{
		{"CheckCustomer", order.Cancelled, []string{"ReleaseStock", "→cancelled"}},
		{"QuoteOrder", order.Cancelled, []string{"ReleaseStock", "→cancelled"}},
		{"ReserveStock", order.Cancelled, []string{"ReleaseStock", "→cancelled"}},
		{"AuthorizePayment", order.Cancelled, []string{"VoidPayment", "ReleaseStock", "→cancelled"}},
		{"CapturePayment", order.Confirmed, nil},
		{"CommitStock", order.Confirmed, nil},
	} {
		t.Run(tc.during, func(t *testing.T) {
			t.Parallel()
			w, env := setup(t)
			w.fail = failing(tc.during, errDown, 8) // some seconds of retries, in which to cancel
			env.RegisterDelayedCallback(env.CancelWorkflow, 2*time.Second)
			require.Equal(t, tc.status, place(t, env).Status)
			effects := w.effects()
			if tc.undone == nil {
				require.NotContains(t, effects, "VoidPayment")
				return
			}
			require.Equal(t, tc.undone, effects[len(effects)-len(tc.undone):])
			require.Equal(t, "cancelled", w.final.Failure.Code)
		})
	}
}

// TestNewerRevision: a run that somebody newer started is left to a worker that
// knows its commands.
func TestNewerRevision(t *testing.T) {
	t.Parallel()
	place, err := workflows.NewPlaceOrder()
	require.NoError(t, err)
	refund, err := workflows.NewRefundOrder()
	require.NoError(t, err)
	repair, err := workflows.NewRepairOrder()
	require.NoError(t, err)
	for _, saga := range []struct{ run, in any }{
		{place.Run, workflows.PlaceOrderInput{OrderID: "ord_1", Revision: workflows.Revision + 1}},
		{refund.Run, workflows.RefundOrderInput{Plan: order.RefundPlan{ID: "ref_1", OrderID: "ord_1"}, Revision: workflows.Revision + 1}},
		{repair.Run, workflows.RepairOrderInput{RepairID: "rep_1", OrderID: "ord_1", Revision: workflows.RepairRevision + 1}},
	} {
		var suite testsuite.WorkflowTestSuite
		env := suite.NewTestWorkflowEnvironment()
		env.ExecuteWorkflow(saga.run, saga.in)
		require.ErrorContains(t, env.GetWorkflowError(), "the run is of revision", "%T", saga.in)
	}
}
