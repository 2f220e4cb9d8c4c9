package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/user"
	"github.com/skaldhq/skald/workflows"
)

func (f fakePayments) ClosePayment(_ context.Context, r payment.CloseRequest) (payment.Payment, error) {
	_, err := f.call("ClosePayment")
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = r.Failure
	return payment.Payment{ID: r.PaymentID, Status: payment.Voided}, err
}

func (f fakePayments) RefundPayment(_ context.Context, r payment.RefundRequest) (payment.Payment, error) {
	_, err := f.call("RefundPayment")
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refund = r
	return payment.Payment{}, err
}

func (f fakePayments) Standings(_ context.Context, subjects []string) ([]payment.Standing, error) {
	_, err := f.call("ReadPayments")
	if f.before == nil {
		return nil, err
	}
	f.before.OrderID = subjects[0]
	return []payment.Standing{*f.before}, err
}

// take runs the saga of one payment of its own to its end.
func take(t *testing.T, env *testsuite.TestWorkflowEnvironment, again bool) workflows.TakePaymentOutcome {
	t.Helper()
	saga, err := workflows.NewTakePayment()
	require.NoError(t, err)
	env.RegisterWorkflowWithOptions(saga.Run, workflow.RegisterOptions{Name: workflows.TakePaymentName})
	env.ExecuteWorkflow(workflows.TakePaymentName, workflows.TakePaymentInput{
		PaymentID: paymentID, UserID: "usr_1", Amount: money1999(), Method: "pm_card_visa", ActionTimeout: time.Minute, Again: again,
	})
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	var out workflows.TakePaymentOutcome
	require.NoError(t, env.GetWorkflowResult(&out))
	require.Equal(t, paymentID, out.PaymentID)
	return out
}

const paymentID = "pay_01m7y7a09zf0svrca0pdjhd9nr"

// on makes an operation fail for good.
func on(operation string, err error) func(string, int) error {
	return func(called string, _ int) error {
		if called == operation {
			return err
		}
		return nil
	}
}

// TestTakePayment: each way that the saga of a payment of its own goes.
func TestTakePayment(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fail      func(string, int) error
		authorize func(int) payment.Status
		did       []string
		status    payment.Status
		code      string
		step      string
	}{
		"captured":        {did: []string{"AuthorizePayment", "CapturePayment"}, status: payment.Captured},
		"confirmed":       {authorize: until(1, payment.Authorized), did: []string{"AuthorizePayment", "CapturePayment"}, status: payment.Captured},
		"nobody":          {on("CheckCustomer", user.ErrNotFound), nil, []string{"ClosePayment"}, payment.Voided, "user_not_found", "CheckCustomer"},
		"suspended":       {on("CheckCustomer", user.ErrInactive), nil, []string{"ClosePayment"}, payment.Voided, "user_inactive", "CheckCustomer"},
		"declined":        {nil, until(0, payment.Declined), []string{"AuthorizePayment", "VoidPayment", "ClosePayment"}, payment.Voided, "payment_declined", "AuthorizePayment"},
		"never confirmed": {nil, until(always, ""), []string{"AuthorizePayment", "VoidPayment", "ClosePayment"}, payment.Voided, "payment_action_timeout", "AuthorizePayment"},
		"provider away":   {on("AuthorizePayment", errDown), nil, []string{"AuthorizePayment", "VoidPayment", "ClosePayment"}, payment.Voided, "service_unavailable", "AuthorizePayment"},
		"hold lost":       {on("CapturePayment", payment.ErrNotAuthorized), nil, []string{"AuthorizePayment", "CapturePayment", "VoidPayment", "ClosePayment"}, payment.Voided, "payment_not_authorized", "CapturePayment"},
		"taken before": {func(called string, n int) error {
			if called == "ClosePayment" {
				return payment.ErrCaptured
			}
			return on("CheckCustomer", user.ErrInactive)(called, n)
		}, nil, []string{"ClosePayment"}, payment.Captured, "user_inactive", "CheckCustomer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, env := setup(t)
			w.fail, w.authorize = tc.fail, tc.authorize
			require.Equal(t, tc.status, take(t, env, false).Status)
			require.Equal(t, tc.did, w.effects())
			require.Equal(t, tc.code, w.closed.Code)
			require.Equal(t, tc.step, w.closed.Step)
		})
	}
}

// TestTakePaymentCancelled: an operator may cancel its workflow.
func TestTakePaymentCancelled(t *testing.T) {
	t.Parallel()
	w, env := setup(t)
	w.authorize = until(always, "")
	env.RegisterDelayedCallback(env.CancelWorkflow, 10*time.Second)
	take(t, env, false)
	require.Equal(t, []string{"AuthorizePayment", "VoidPayment", "ClosePayment"}, w.effects())
	require.Equal(t, payment.Failure{Code: "cancelled", Detail: "The payment was cancelled.", Step: "AuthorizePayment"}, w.closed)
}

// TestTakePaymentAgain: a run that follows one that was cut off finds out first
// what that did.
func TestTakePaymentAgain(t *testing.T) {
	t.Parallel()
	inactive := on("CheckCustomer", user.ErrInactive)
	for name, tc := range map[string]struct {
		before *payment.Standing
		fail   func(string, int) error
		did    []string
		status payment.Status
		code   string
	}{
		"never begun": {nil, nil, []string{"AuthorizePayment", "CapturePayment"}, payment.Captured, ""},
		"held":        {&payment.Standing{Status: payment.Authorized}, nil, []string{"AuthorizePayment", "CapturePayment"}, payment.Captured, ""},
		"held, of one suspended since": {
			&payment.Standing{Status: payment.Authorized}, inactive, []string{"VoidPayment", "ClosePayment"}, payment.Voided, "user_inactive",
		},
		"taken, of one suspended since": {&payment.Standing{Status: payment.Captured, Kept: 1999}, inactive, []string{"CapturePayment"}, payment.Captured, ""},
		"declined":                      {&payment.Standing{Status: payment.Declined}, nil, []string{"VoidPayment", "ClosePayment"}, payment.Voided, "payment_declined"},
		"voided":                        {&payment.Standing{Status: payment.Voided, Undone: true}, nil, []string{"VoidPayment", "ClosePayment"}, payment.Voided, "saga_interrupted"},
		"about to be voided":            {&payment.Standing{Status: payment.Authorized, Undone: true}, nil, []string{"VoidPayment", "ClosePayment"}, payment.Voided, "saga_interrupted"},
		"captured, undone": {&payment.Standing{Status: payment.Captured, Kept: 1999, Undone: true}, on("VoidPayment", payment.ErrCaptured),
			[]string{"VoidPayment", "RefundPayment", "ClosePayment"}, payment.Voided, "saga_interrupted"},
		"given back, undone": {&payment.Standing{Status: payment.Refunded, Undone: true}, on("VoidPayment", payment.ErrCaptured),
			[]string{"VoidPayment", "RefundPayment", "ClosePayment"}, payment.Voided, "saga_interrupted"},
		"taken while it turned back": {&payment.Standing{Status: payment.Authorized, Undone: true}, on("VoidPayment", payment.ErrCaptured),
			[]string{"VoidPayment", "RefundPayment", "ClosePayment"}, payment.Voided, "saga_interrupted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, env := setup(t)
			w.before, w.fail = tc.before, tc.fail
			require.Equal(t, tc.status, take(t, env, true).Status)
			require.Equal(t, append([]string{"ReadPayments"}, tc.did...), w.effects())
			require.Equal(t, tc.code, w.closed.Code)
			if w.refund.RefundID != "" {
				reversal, err := payment.ReversalID(paymentID)
				require.NoError(t, err)
				require.Equal(t, payment.RefundRequest{OrderID: paymentID, RefundID: reversal, Reversal: true}, w.refund)
			}
		})
	}
}

// TestTakePaymentWaitsWhatIsLeft: a customer whom an earlier run asked has no more
// time than they were told.
func TestTakePaymentWaitsWhatIsLeft(t *testing.T) {
	t.Parallel()
	for _, left := range []time.Duration{20 * time.Second, -time.Second, time.Hour} {
		w, env := setup(t)
		w.authorize = until(always, "")
		w.before = &payment.Standing{Status: payment.RequiresAction}
		begun := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		env.SetStartTime(begun)
		expires := begun.Add(left)
		w.expires = &expires
		take(t, env, true)
		require.Equal(t, workflows.CodeActionTimeout, w.closed.Code)
		require.WithinRange(t, env.Now(), begun, begun.Add(min(max(left, 0), time.Minute)+10*time.Second))
	}
}

// TestRefundTakenPayment: it goes on with what is kept, until that is done or
// refused.
func TestRefundTakenPayment(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fail   func(string, int) error
		status payment.RefundStatus
	}{
		"done":   {nil, payment.RefundDone},
		"failed": {on("RefundPayment", payment.ErrRefundFailed), payment.RefundFailed},
		"away for long": {func(_ string, n int) error {
			if n < 20 { // longer than a round of retries
				return errDown
			}
			return nil
		}, payment.RefundDone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, env := setup(t)
			w.fail = tc.fail
			saga, err := workflows.NewRefundTakenPayment()
			require.NoError(t, err)
			env.RegisterWorkflowWithOptions(saga.Run, workflow.RegisterOptions{Name: workflows.RefundTakenPaymentName})
			env.ExecuteWorkflow(workflows.RefundTakenPaymentName, workflows.RefundTakenPaymentInput{PaymentID: paymentID, RefundID: "rfd_1"})
			require.NoError(t, env.GetWorkflowError())
			var status payment.RefundStatus
			require.NoError(t, env.GetWorkflowResult(&status))
			require.Equal(t, tc.status, status)
			require.Equal(t, payment.RefundRequest{OrderID: paymentID, RefundID: "rfd_1", Kept: true}, w.refund)
		})
	}
}
