package stripepay_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/payment"
)

// refund asks for a part of an intent.
func refund(intent payment.Intent, n int, amount int64) payment.ProviderRefundRequest {
	return payment.ProviderRefundRequest{IntentID: intent.ID, OrderID: "ord_1", RefundID: fmt.Sprintf("rfd_%d", n), Amount: amount}
}

func (b *bench) captured() payment.Intent {
	b.Helper()
	intent := b.create(visa)
	_, err := b.ConfirmIntent(b.Context(), intent.ID, "confirm")
	require.NoError(b, err)
	_, err = b.CaptureIntent(b.Context(), intent.ID, "capture")
	require.NoError(b, err)
	return intent
}

// TestPartialRefunds: each is found by our id of it, over more than one page.
func TestPartialRefunds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	intent := b.captured()
	_, found, err := b.FindRefund(t.Context(), intent.ID, "rfd_0")
	require.NoError(t, err)
	require.False(t, found)
	const many = 201
	var first payment.ProviderRefund
	for i := range many {
		r, err := b.RefundIntent(t.Context(), refund(intent, i, int64(i+1)%3+1), fmt.Sprint("refund ", i))
		require.NoError(t, err)
		if i == 0 {
			first = r
		}
	}
	oldest, found, err := b.FindRefund(t.Context(), intent.ID, "rfd_0")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, first, oldest)
	_, found, err = b.FindRefund(t.Context(), intent.ID, "rfd_none")
	require.NoError(t, err)
	require.False(t, found)
	_, err = b.RefundIntent(t.Context(), refund(intent, many, 1999), "too much")
	require.False(t, fault.KindOf(err) == fault.Unknown || err == nil, err)
	require.True(t, fault.KindOf(err).Definite(), err)
	asked, err := b.GetIntent(t.Context(), intent.ID)
	require.NoError(t, err)
	require.Equal(t, int64(402), asked.Refunded)
	require.Equal(t, payment.IntentCaptured, asked.Status)
}

// TestRefundStatuses: what the provider works on decides nothing.
func TestRefundStatuses(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]payment.ProviderRefundStatus{
		"succeeded": payment.ProviderRefundDone, "failed": payment.ProviderRefundFailed, "canceled": payment.ProviderRefundFailed,
		"pending": payment.ProviderRefundPending, "requires_action": payment.ProviderRefundPending, "unheard": payment.ProviderRefundPending,
	} {
		c, _ := answering(t, http.StatusOK, `{"id":"re_1","object":"refund","amount":5,"status":"`+status+`"}`)
		r, err := c.RefundIntent(t.Context(), refund(payment.Intent{ID: "pi_1"}, 1, 5), "key")
		require.NoError(t, err)
		require.Equal(t, payment.ProviderRefund{ID: "re_1", Amount: 5, Status: want}, r, status)
	}
}

// TestLostRefunds: asking tells what a lost answer did.
func TestLostRefunds(t *testing.T) {
	t.Parallel()
	for kind, happened := range map[string]bool{"hang_before": false, "hang_after": true, "error_before": false, "error_after": true} {
		b := setup(t)
		intent := b.captured()
		b.fault(`{"operation":"refund","kind":"` + kind + `","calls":1}`)
		_, err := b.RefundIntent(t.Context(), refund(intent, 1, 700), "key")
		require.Equal(t, fault.Unknown, fault.KindOf(err), kind)
		_, found, err := b.FindRefund(t.Context(), intent.ID, "rfd_1")
		require.NoError(t, err)
		require.Equal(t, happened, found, kind)
	}
	b := setup(t)
	intent := b.captured()
	b.fault(`{"operation":"get","kind":"error_before","calls":1}`)
	_, _, err := b.FindRefund(t.Context(), intent.ID, "rfd_1")
	require.Equal(t, fault.Unknown, fault.KindOf(err), "no answer is not a no")
	b.fault(`{"operation":"refund","kind":"late_effect","calls":1,"delay_ms":1500}`)
	_, err = b.RefundIntent(t.Context(), refund(intent, 1, 700), "key")
	require.Equal(t, fault.Unknown, fault.KindOf(err))
	_, err = b.RefundIntent(t.Context(), refund(intent, 1, 700), "key")
	require.Equal(t, fault.Unknown, fault.KindOf(err), "the key is in use")
	require.Eventually(t, func() bool {
		_, found, err := b.FindRefund(t.Context(), intent.ID, "rfd_1")
		return err == nil && found
	}, 10*time.Second, 10*time.Millisecond)
}
