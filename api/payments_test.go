package api_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/payment"
)

const payBody = `{"user_id":"usr_1","amount":{"amount":1450,"currency":"EUR"},"method":"pm_card_visa"}`

// paying is a world with a payment of its own.
func paying(t *testing.T, status payment.Status) (*world, http.Handler) {
	t.Helper()
	w, h := setup(t)
	w.payment = payment.Payment{
		ID: "pay_1", UserID: "usr_1", Amount: money.New(1450, "EUR"), Method: "pm_card_visa", Status: status,
	}
	return w, h
}

// TestTakePayment: what each way that a payment stands is answered with.
func TestTakePayment(t *testing.T) {
	t.Parallel()
	expires := time.Unix(100, 0).UTC()
	failed := func(code string) func(*payment.Payment) {
		return func(p *payment.Payment) { p.Failure = &payment.Failure{Code: code, Detail: "No.", Step: "AStep"} }
	}
	for name, tc := range map[string]struct {
		status payment.Status
		change func(*payment.Payment)
		code   int
		says   string // the problem's code
	}{
		"captured":       {payment.Captured, nil, http.StatusCreated, ""},
		"refunded since": {payment.Refunded, nil, http.StatusCreated, ""},
		"under way":      {payment.Initiated, nil, http.StatusAccepted, ""},
		"held":           {payment.Authorized, nil, http.StatusAccepted, ""},
		"being voided":   {payment.Voided, nil, http.StatusAccepted, ""},
		"to be confirmed": {payment.RequiresAction, func(p *payment.Payment) {
			p.ActionURL, p.ActionExpiresAt = "https://bank.test/1", &expires
		}, http.StatusAccepted, ""},
		"declined":               {payment.Declined, nil, http.StatusPaymentRequired, "payment_declined"},
		"declined, and recorded": {payment.Declined, failed("payment_declined"), http.StatusPaymentRequired, "payment_declined"},
		"method unknown":         {payment.Declined, func(p *payment.Payment) { p.DeclineCode = "payment_method_invalid" }, http.StatusPaymentRequired, "payment_method_invalid"},
		"amount refused":         {payment.Declined, func(p *payment.Payment) { p.DeclineCode = "amount_not_accepted" }, http.StatusUnprocessableEntity, "amount_not_accepted"},
		"not confirmed in time":  {payment.Voided, failed("payment_action_timeout"), http.StatusPaymentRequired, "payment_action_timeout"},
		"no such user":           {payment.Voided, failed("user_not_found"), http.StatusUnprocessableEntity, "user_not_found"},
		"inactive":               {payment.Voided, failed("user_inactive"), http.StatusUnprocessableEntity, "user_inactive"},
		"cancelled":              {payment.Voided, failed("cancelled"), http.StatusConflict, "cancelled"},
		"too slow":               {payment.Voided, failed("deadline_exceeded"), http.StatusServiceUnavailable, "deadline_exceeded"},
		"interrupted":            {payment.Voided, failed("saga_interrupted"), http.StatusServiceUnavailable, "saga_interrupted"},
		"hold lost":              {payment.Voided, failed("payment_not_authorized"), http.StatusServiceUnavailable, "payment_not_authorized"},
		"a defect":               {payment.Voided, failed("internal"), http.StatusServiceUnavailable, "internal"},
		"no answer":              {payment.Voided, failed("service_unavailable"), http.StatusServiceUnavailable, "service_unavailable"},
		"turned back":            {payment.Refunded, failed("reversed_by_operator"), http.StatusServiceUnavailable, "reversed_by_operator"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, h := paying(t, tc.status)
			if tc.change != nil {
				tc.change(&w.payment)
			}
			res, out := call(h, http.MethodPost, "/v1/payments", payBody, "Prefer", "wait=5")
			require.Equal(t, tc.code, res.Code, "%s", res.Body)
			require.Equal(t, "/v1/payments/pay_1", res.Header().Get("Location"))
			require.Equal(t, "wait=5", res.Header().Get("Preference-Applied"))
			require.Equal(t, tc.code == http.StatusAccepted, res.Header().Get("Retry-After") == "1")
			require.Equal(t, money.New(1450, "EUR"), w.claimed[0].Amount)
			_, shown := call(h, http.MethodGet, "/v1/payments/pay_1", "")
			if tc.says != "" {
				require.Equal(t, tc.says, out["code"])
				require.Equal(t, "pay_1", out["payment_id"])
				require.Equal(t, tc.says, shown["failure"].(map[string]any)["code"])
				return
			}
			require.Equal(t, shown, out)
			require.Nil(t, out["failure"])
			require.Nil(t, out["order_id"])
			require.Equal(t, "payment/pay_1", out["workflow_id"])
			if tc.status == payment.RequiresAction {
				want := map[string]any{"type": "redirect", "url": "https://bank.test/1", "expires_at": "1970-01-01T00:01:40Z"}
				require.Equal(t, want, out["next_action"])
				require.Empty(t, w.taken, "its saga waits for the customer")
			} else {
				require.Nil(t, out["next_action"])
			}
		})
	}
}

// TestTakePaymentSeenThrough: the saga is awaited as long as the client wants,
// or only started; without Temporal the payment is accepted all the same.
func TestTakePaymentSeenThrough(t *testing.T) {
	t.Parallel()
	w, h := paying(t, payment.Initiated)
	w.await = func(_ context.Context, w *world) error { w.payment.Status = payment.Captured; return nil }
	res, _ := call(h, http.MethodPost, "/v1/payments", payBody)
	require.Equal(t, http.StatusCreated, res.Code)
	require.Equal(t, []string{"pay_1"}, w.taken)

	w, h = paying(t, payment.Initiated)
	started := false
	w.start = func(context.Context) error { started = true; return context.DeadlineExceeded }
	res, _ = call(h, http.MethodPost, "/v1/payments", payBody, "Prefer", "respond-async")
	require.Equal(t, http.StatusAccepted, res.Code)
	require.Equal(t, "respond-async", res.Header().Get("Preference-Applied"))
	require.True(t, started)
	w.await = func(ctx context.Context, _ *world) error { <-ctx.Done(); return ctx.Err() }
	res, _ = call(h, http.MethodPost, "/v1/payments", payBody)
	require.Equal(t, http.StatusAccepted, res.Code)
}

// TestTakePaymentRefused: what is refused before anything is kept, and a key that
// comes with another body.
func TestTakePaymentRefused(t *testing.T) {
	t.Parallel()
	w, h := paying(t, payment.Captured)
	res, out := call(h, http.MethodPost, "/v1/payments", payBody, "Authorization", "Bearer skald_b")
	require.Equal(t, http.StatusUnprocessableEntity, res.Code)
	require.Equal(t, "user_not_found", out["code"])
	for _, bad := range []string{
		`{"user_id":"usr_1","amount":{"amount":0,"currency":"EUR"},"method":"pm_card_visa"}`,
		`{"user_id":"usr_1","amount":{"amount":1,"currency":"euro"},"method":"pm_card_visa"}`,
		`{"user_id":"usr_1","amount":{"amount":1,"currency":"EUR"},"method":"visa"}`,
		`{"user_id":"usr_1","method":"pm_card_visa"}`,
	} {
		res, out = call(h, http.MethodPost, "/v1/payments", bad)
		require.Equal(t, http.StatusUnprocessableEntity, res.Code)
		require.Equal(t, "invalid", out["code"])
	}
	require.Empty(t, w.claimed)

	for range 2 {
		_, _ = call(h, http.MethodPost, "/v1/payments", payBody, "Idempotency-Key", "k", "Authorization", "Bearer skald_a")
	}
	_, _ = call(h, http.MethodPost, "/v1/payments", payBody, "Idempotency-Key", "k", "Authorization", "Bearer skald_s")
	require.Equal(t, w.claimed[0], w.claimed[1], "a key leads to one payment")
	require.NotEqual(t, w.claimed[0].OrderID, w.claimed[2].OrderID, "of one caller")
	w.payErr = payment.ErrMismatch
	res, out = call(h, http.MethodPost, "/v1/payments", payBody, "Idempotency-Key", "k")
	require.Equal(t, http.StatusUnprocessableEntity, res.Code)
	require.Equal(t, "idempotency_mismatch", out["code"])
	w.payErr = fault.New(fault.Unavailable, "down", "Down.")
	res, _ = call(h, http.MethodPost, "/v1/payments", payBody)
	require.Equal(t, http.StatusServiceUnavailable, res.Code)
	require.Empty(t, w.taken)
}

// TestRefundPayment: services may give back a payment of its own, not an order's.
func TestRefundPayment(t *testing.T) {
	t.Parallel()
	const path, reason = "/v1/payments/pay_1/refunds", `{"reason":"paid twice"}`
	w, h := paying(t, payment.Captured)
	w.refund = payment.Refund{ID: "rfd_1", PaymentID: "pay_1", Amount: money.New(450, "EUR"), Status: payment.RefundRequested, Reason: "paid twice", Caller: "key_s"}
	res, out := call(h, http.MethodPost, path, `{"reason":"paid twice","amount":{"amount":450,"currency":"EUR"}}`, "Authorization", "Bearer skald_s")
	require.Equal(t, http.StatusAccepted, res.Code, "%s", res.Body)
	require.Equal(t, "payment-refund/rfd_1", out["workflow_id"])
	require.Equal(t, "requested", out["status"])
	require.Equal(t, []string{"rfd_1"}, w.givenBack)
	require.Equal(t, money.New(450, "EUR"), w.wishes[0].Amount)
	require.Equal(t, "key_s", w.wishes[0].Caller)

	w.refund.Status = payment.RefundDone
	res, _ = call(h, http.MethodPost, path, reason)
	require.Equal(t, http.StatusAccepted, res.Code)
	require.True(t, w.wishes[1].Amount.IsZero(), "all that is left")
	require.Len(t, w.givenBack, 1, "it is done")
	_, out = call(h, http.MethodGet, path, "", "Authorization", "Bearer skald_a")
	require.Equal(t, "rfd_1", out["items"].([]any)[0].(map[string]any)["id"])

	w.refund.Caller = ""
	_, out = call(h, http.MethodGet, path, "")
	require.Equal(t, "payment/pay_1", out["items"].([]any)[0].(map[string]any)["workflow_id"], "its saga gave it back")

	for _, tc := range []struct {
		err    error
		status int
		code   string
	}{
		{payment.ErrRefundTooMuch, http.StatusUnprocessableEntity, "refund_too_much"},
		{payment.ErrNotCaptured, http.StatusConflict, "payment_not_captured"},
		{payment.ErrMismatch, http.StatusUnprocessableEntity, "idempotency_mismatch"},
	} {
		w.payErr = tc.err
		res, out = call(h, http.MethodPost, path, reason)
		require.Equal(t, tc.status, res.Code)
		require.Equal(t, tc.code, out["code"])
	}
	w.payErr = nil
	res, _ = call(h, http.MethodPost, "/v1/payments/pay_9/refunds", reason)
	require.Equal(t, http.StatusNotFound, res.Code)

	w.payment.OrderID, w.refund.OrderID = "ord_1", "ord_1"
	res, out = call(h, http.MethodPost, path, reason)
	require.Equal(t, http.StatusConflict, res.Code)
	require.Equal(t, "payment_of_order", out["code"])
	_, out = call(h, http.MethodGet, path, "")
	require.Nil(t, out["items"].([]any)[0].(map[string]any)["workflow_id"], "the order's refund has one")
	require.Len(t, w.givenBack, 1)
}
