package stripepay_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/payment"
)

func TestCaptureAndRefund(t *testing.T) {
	t.Parallel()
	b := setup(t)
	intent := b.create(visa)
	require.Equal(t, payment.Intent{
		ID: intent.ID, Status: payment.IntentCreated, Amount: money.New(1999, "EUR"), OrderID: "ord_1",
	}, intent)

	held, err := b.ConfirmIntent(t.Context(), intent.ID, "confirm")
	require.NoError(t, err)
	require.Equal(t, payment.IntentAuthorized, held.Status)
	require.True(t, held.Held)
	require.Zero(t, held.Captured)

	captured, err := b.CaptureIntent(t.Context(), intent.ID, "capture")
	require.NoError(t, err)
	require.Equal(t, payment.IntentCaptured, captured.Status)
	require.Equal(t, int64(1999), captured.Captured)

	refunded, err := b.RefundIntent(t.Context(), refund(intent, 1, 1999), "refund")
	require.NoError(t, err)
	require.Equal(t, payment.ProviderRefund{ID: refunded.ID, Status: payment.ProviderRefundDone, Amount: 1999}, refunded)
	asked, err := b.GetIntent(t.Context(), intent.ID)
	require.NoError(t, err)
	require.Equal(t, int64(1999), asked.Refunded)

	_, err = b.RefundIntent(t.Context(), refund(intent, 2, 1), "another refund")
	require.Equal(t, fault.Conflict, fault.KindOf(err))
	_, err = b.CancelIntent(t.Context(), intent.ID, "cancel")
	require.Equal(t, fault.Conflict, fault.KindOf(err))
	require.Equal(t, "provider_state", fault.From(err).Code)
}

func TestCancel(t *testing.T) {
	t.Parallel()
	for name, confirm := range map[string]bool{"held": true, "nothing held": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			intent := b.create(visa)
			if confirm {
				_, err := b.ConfirmIntent(t.Context(), intent.ID, "confirm")
				require.NoError(t, err)
			}
			cancelled, err := b.CancelIntent(t.Context(), intent.ID, "cancel")
			require.NoError(t, err)
			require.Equal(t, payment.IntentCancelled, cancelled.Status)
			require.Equal(t, confirm, cancelled.Held)
			require.Zero(t, cancelled.Captured)
			require.Zero(t, cancelled.Refunded, "a hold given back is no refund")
		})
	}
}

// TestDeclines are answers, of the confirmation and of every question after it.
func TestDeclines(t *testing.T) {
	t.Parallel()
	for method, code := range map[string]string{
		"pm_card_chargeDeclined":                  "generic_decline",
		"pm_card_chargeDeclinedInsufficientFunds": "insufficient_funds",
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			intent := b.create(method)
			declined, err := b.ConfirmIntent(t.Context(), intent.ID, "confirm")
			require.NoError(t, err)
			asked, err := b.GetIntent(t.Context(), intent.ID)
			require.NoError(t, err)
			for _, answer := range []payment.Intent{declined, asked} {
				require.Equal(t, intent.ID, answer.ID)
				require.Equal(t, payment.IntentDeclined, answer.Status)
				require.Equal(t, code, answer.DeclineCode)
				require.False(t, answer.Held)
			}
		})
	}
}

func TestCustomerAction(t *testing.T) {
	t.Parallel()
	for action, want := range map[string]payment.IntentStatus{
		"complete": payment.IntentAuthorized, "fail": payment.IntentDeclined,
	} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			intent := b.create(authenticated)
			waiting, err := b.ConfirmIntent(t.Context(), intent.ID, "confirm")
			require.NoError(t, err)
			require.Equal(t, payment.IntentRequiresAction, waiting.Status)
			require.Equal(t, "http://psp.test/3ds/"+intent.ID, waiting.ActionURL)
			b.send(http.MethodPost, "/3ds/"+intent.ID+"/"+action, "")
			asked, err := b.GetIntent(t.Context(), intent.ID)
			require.NoError(t, err)
			require.Equal(t, want, asked.Status)
			if want == payment.IntentDeclined {
				require.Equal(t, "payment_intent_authentication_failure", asked.DeclineCode)
			}
		})
	}
}

// TestStatuses: what the provider works on, and what it may come to say one
// day, asks nothing of the customer and decides nothing.
func TestStatuses(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]payment.IntentStatus{
		"requires_payment_method": payment.IntentCreated,
		"requires_confirmation":   payment.IntentCreated,
		"requires_action":         payment.IntentRequiresAction,
		"processing":              payment.IntentProcessing,
		"unheard":                 payment.IntentProcessing,
		"requires_capture":        payment.IntentAuthorized,
		"succeeded":               payment.IntentCaptured,
		"canceled":                payment.IntentCancelled,
	} {
		c, _ := answering(t, http.StatusOK, `{"id":"pi_1","object":"payment_intent","status":"`+status+`"}`)
		intent, err := c.GetIntent(t.Context(), "pi_1")
		require.NoError(t, err)
		require.Equal(t, want, intent.Status, status)
	}
}

func TestProcessing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	intent := b.create(visa)
	b.fault(`{"operation":"authorize","kind":"processing","calls":1,"delay_ms":1000}`)
	confirmed, err := b.ConfirmIntent(t.Context(), intent.ID, "confirm")
	require.NoError(t, err)
	require.Equal(t, payment.IntentProcessing, confirmed.Status)
	_, err = b.CancelIntent(t.Context(), intent.ID, "cancel")
	require.Equal(t, fault.Conflict, fault.KindOf(err))
	require.Eventually(t, func() bool {
		asked, err := b.GetIntent(t.Context(), intent.ID)
		return err == nil && asked.Status == payment.IntentAuthorized
	}, 10*time.Second, 10*time.Millisecond)
}

func TestInputThatIsNeverTaken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.CreateIntent(t.Context(), wanted("pm_card_unheard"), "method")
	require.Equal(t, fault.Refused, fault.KindOf(err))
	require.Equal(t, "payment_method_invalid", fault.From(err).Code)
	require.NotContains(t, fault.From(err).Message, "unheard")
	tooMuch := wanted(visa)
	tooMuch.Amount.Amount = 1 << 40
	_, err = b.CreateIntent(t.Context(), tooMuch, "amount")
	require.ErrorIs(t, err, payment.ErrAmount)
}

// TestLostAnswers leave open what happened; asking tells.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault     string
		then      payment.IntentStatus
		nextKnown bool // the same key gives the answer
	}{
		"hang before":  {`{"operation":"authorize","kind":"hang_before","calls":1}`, payment.IntentCreated, true},
		"hang after":   {`{"operation":"authorize","kind":"hang_after","calls":1}`, payment.IntentAuthorized, true},
		"error before": {`{"operation":"authorize","kind":"error_before","calls":1}`, payment.IntentCreated, true},
		"error after":  {`{"operation":"authorize","kind":"error_after","calls":1}`, payment.IntentAuthorized, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			intent := b.create(visa)
			b.fault(test.fault)
			_, err := b.ConfirmIntent(t.Context(), intent.ID, "confirm")
			require.Equal(t, fault.Unknown, fault.KindOf(err))
			require.Equal(t, "provider_unavailable", fault.From(err).Code)
			asked, err := b.GetIntent(t.Context(), intent.ID)
			require.NoError(t, err)
			require.Equal(t, test.then, asked.Status)
			again := func() error {
				_, err := b.ConfirmIntent(t.Context(), intent.ID, "confirm")
				return err
			}
			if !test.nextKnown {
				require.ErrorIs(t, again(), payment.ErrKeySpent)
				return
			}
			// The key may be in use until the provider notices that we left.
			require.Eventually(t, func() bool { return again() == nil }, 10*time.Second, 10*time.Millisecond)
		})
	}
}
