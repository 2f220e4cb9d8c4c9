package e2e_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

// paymentShown is a payment as the front door shows it.
type paymentShown struct {
	ID         string      `json:"id"`
	OrderID    *string     `json:"order_id"`
	UserID     string      `json:"user_id"`
	Amount     stack.Money `json:"amount"`
	Status     string      `json:"status"`
	Captured   int64       `json:"captured"`
	Refunded   int64       `json:"refunded"`
	WorkflowID string      `json:"workflow_id"`
	Failure    *struct {
		Code, Detail, Step string
	} `json:"failure"`
	NextAction *struct {
		URL       string    `json:"url"`
		ExpiresAt time.Time `json:"expires_at"`
	} `json:"next_action"`
}

// pay asks for a payment of its own of 1450 EUR cents.
func (b *bench) pay(user, method string, want int, headers ...string) (stack.Answer, paymentShown) {
	b.Helper()
	a := b.Want(http.MethodPost, "/v1/payments", map[string]any{
		"user_id": user, "amount": stack.Money{Amount: 1450, Currency: "EUR"}, "method": method,
	}, want, headers...)
	var p paymentShown
	if want < http.StatusBadRequest {
		require.NoError(b, json.Unmarshal(a.Body, &p))
		require.Equal(b, "/v1/payments/"+p.ID, locationPath(a))
		require.Nil(b, p.OrderID)
	}
	return a, p
}

func (b *bench) paymentOf(id string) (p paymentShown) {
	b.Helper()
	require.NoError(b, json.Unmarshal(b.Want(http.MethodGet, "/v1/payments/"+id, nil, http.StatusOK).Body, &p))
	return p
}

// awaitPayment polls a payment until its status is the wanted one, and it says why
// where that is not captured.
func (b *bench) awaitPayment(id, status string) (p paymentShown) {
	b.Helper()
	require.Eventually(b, func() bool {
		p = b.paymentOf(id)
		return p.Status == status && (status == "captured" || status == "requires_action" || (p.Failure != nil && p.Failure.Step != ""))
	}, 30*time.Second, 50*time.Millisecond, "payment %s did not become %s", id, status)
	return p
}

// actOn does what the customer does at the provider's page.
func (b *bench) actOn(p paymentShown, what string) {
	b.Helper()
	provider := stack.Shop{URL: p.NextAction.URL, HTTP: http.DefaultClient}
	a, err := provider.Do(context.Background(), http.MethodPost, "/"+what, nil, "Accept", "application/json")
	require.NoError(b, err)
	require.Less(b, a.Status, 300, "%s", a.Body)
}

// TestPaymentOutcomes drives one payment of its own to each outcome, and records
// its history where there is none yet.
func TestPaymentOutcomes(t *testing.T) {
	t.Parallel()
	c := setup(t).Temporal()
	refused := func(user func(*bench) string, method string, status int) func(*bench) string {
		return func(b *bench) string {
			a, _ := b.pay(user(b), method, status)
			require.Equal(b, "application/problem+json", a.Header.Get("Content-Type"))
			return locationPath(a)[len("/v1/payments/"):]
		}
	}
	alice := func(b *bench) string { return b.User }
	asked := func(b *bench) paymentShown {
		begun := time.Now()
		a, p := b.pay(b.User, authenticated, http.StatusAccepted)
		require.Equal(b, "requires_action", p.Status)
		require.Equal(b, "1", a.Header.Get("Retry-After"))
		require.WithinRange(b, p.NextAction.ExpiresAt, begun.Add(stacktest.ActionTimeout-time.Second), time.Now().Add(stacktest.ActionTimeout+time.Second))
		return p
	}
	for name, tc := range map[string]struct {
		take    func(*bench) string
		status  string
		code    string
		effects []string
	}{
		"captured": {func(b *bench) string {
			_, p := b.pay(b.User, visa, http.StatusCreated)
			return p.ID
		}, "captured", "", []string{"authorize", "capture"}},
		"captured_async": {func(b *bench) string {
			_, p := b.pay(b.User, visa, http.StatusAccepted, "Prefer", "respond-async")
			return p.ID
		}, "captured", "", []string{"authorize", "capture"}},
		"payment_declined": {refused(alice, declined, http.StatusPaymentRequired), "declined", "payment_declined", nil},
		"method_invalid":   {refused(alice, "pm_card_nobodyKnows", http.StatusPaymentRequired), "declined", "payment_method_invalid", nil},
		"user_not_found": {refused(func(*bench) string { return "usr_01jzzzzzzzfzz9zzzzzzzzzzzz" }, visa, http.StatusUnprocessableEntity),
			"voided", "user_not_found", nil},
		"user_inactive": {refused((*bench).suspended, visa, http.StatusUnprocessableEntity), "voided", "user_inactive", nil},
		"action_confirmed": {func(b *bench) string {
			p := asked(b)
			b.actOn(p, "complete")
			return p.ID
		}, "captured", "", []string{"authorize", "capture"}},
		"action_failed": {func(b *bench) string {
			p := asked(b)
			b.actOn(p, "fail")
			return p.ID
		}, "declined", "payment_declined", nil},
		"action_timeout": {func(b *bench) string { return asked(b).ID }, "voided", "payment_action_timeout", nil},
		"cancelled": {func(b *bench) string {
			p := asked(b)
			require.NoError(b, c.CancelWorkflow(context.Background(), p.WorkflowID, ""))
			return p.ID
		}, "voided", "cancelled", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			p := b.awaitPayment(tc.take(b), tc.status)
			require.Equal(t, tc.effects, b.Effects(p.ID))
			require.Nil(t, p.NextAction)
			require.Equal(t, "payment/"+p.ID, p.WorkflowID)
			if tc.code == "" {
				require.Nil(t, p.Failure)
			} else {
				require.Equal(t, tc.code, p.Failure.Code)
			}
			b.Recorded("TakePayment", name, stacktest.ClosedHistory(t, c, p.WorkflowID))
		})
	}
}

// TestPaymentKey: a key takes one payment, whatever comes with it later.
func TestPaymentKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := []string{"Idempotency-Key", "pay-" + b.Product(100, 1)}
	_, first := b.pay(b.User, visa, http.StatusCreated, key...)
	_, again := b.pay(b.User, visa, http.StatusCreated, key...)
	require.Equal(t, first, again)
	a, _ := b.pay(b.User, declined, http.StatusUnprocessableEntity, key...)
	require.Equal(t, "idempotency_mismatch", a.Problem.Code)
	require.Equal(t, []string{"authorize", "capture"}, b.Effects(first.ID))
	require.Equal(t, first, b.paymentOf(first.ID))
}

// TestPaymentRefunds: a payment of its own goes back in parts, never more than was
// taken, and an order's does not.
func TestPaymentRefunds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.Temporal()
	_, p := b.pay(b.User, visa, http.StatusCreated)
	path := "/v1/payments/" + p.ID + "/refunds"
	type refund struct {
		ID, Status, Code string
		WorkflowID       string `json:"workflow_id"`
		Amount           stack.Money
	}
	ask := func(body map[string]any, want int, headers ...string) (r refund, a stack.Answer) {
		body["reason"] = "paid twice"
		a = b.Want(http.MethodPost, path, body, want, headers...)
		if want < http.StatusBadRequest {
			require.NoError(t, json.Unmarshal(a.Body, &r))
		}
		return r, a
	}
	part := map[string]any{"amount": stack.Money{Amount: 450, Currency: "EUR"}}
	key := []string{"Idempotency-Key", "back-" + p.ID}
	first, _ := ask(part, http.StatusAccepted, key...)
	again, _ := ask(part, http.StatusAccepted, key...)
	require.Equal(t, first.ID, again.ID)
	_, a := ask(map[string]any{}, http.StatusUnprocessableEntity, key...)
	require.Equal(t, "idempotency_mismatch", a.Problem.Code)
	_, a = ask(map[string]any{"amount": stack.Money{Amount: 1001, Currency: "EUR"}}, http.StatusUnprocessableEntity)
	require.Equal(t, "refund_too_much", a.Problem.Code)
	b.Recorded("RefundTakenPayment", "done_partly", stacktest.ClosedHistory(t, c, first.WorkflowID))
	require.Equal(t, int64(450), b.paymentOf(p.ID).Refunded)
	require.Equal(t, "captured", b.paymentOf(p.ID).Status)

	rest, _ := ask(map[string]any{}, http.StatusAccepted)
	require.Equal(t, stack.Money{Amount: 1000, Currency: "EUR"}, rest.Amount)
	b.Recorded("RefundTakenPayment", "done", stacktest.ClosedHistory(t, c, rest.WorkflowID))
	require.Equal(t, "refunded", b.paymentOf(p.ID).Status)
	require.Equal(t, []string{"authorize", "capture", "refund", "refund"}, b.Effects(p.ID))
	_, a = ask(map[string]any{}, http.StatusUnprocessableEntity)
	require.Equal(t, "refund_too_much", a.Problem.Code)
	var page struct{ Items []refund }
	require.NoError(t, json.Unmarshal(b.Want(http.MethodGet, path, nil, http.StatusOK).Body, &page))
	require.Equal(t, []string{"done", "failed", "done", "failed"}, []string{page.Items[0].Status, page.Items[1].Status, page.Items[2].Status, page.Items[3].Status})

	o := b.Buy(b.Basket(b.Product(700, 1), 1, visa), http.StatusCreated).Order
	a = b.Want(http.MethodPost, "/v1/payments/"+o.PaymentID+"/refunds", map[string]any{"reason": "paid twice"}, http.StatusConflict)
	require.Equal(t, "payment_of_order", a.Problem.Code)
	require.Equal(t, []string{"authorize", "capture"}, b.Effects(o.ID))
}
