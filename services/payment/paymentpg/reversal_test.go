package paymentpg_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/payment/paymenttest"
)

// TestReversalWaits: a reversal waits for the refund under way and keeps nothing
// meanwhile, so it takes all that is left however that ends.
func TestReversalWaits(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		ends payment.ProviderRefundStatus
		left int64
	}{{payment.ProviderRefundDone, 1499}, {payment.ProviderRefundFailed, 1999}} {
		b := script(t)
		order := paymenttest.Captured(t, b).OrderID
		part := refundOf(order, 500)
		there := payment.ProviderRefund{ID: "re_1", Status: payment.ProviderRefundPending, Amount: 500}
		b.provider.refund = func(context.Context, payment.ProviderRefundRequest, string) (payment.ProviderRefund, error) {
			return there, nil
		}
		b.provider.find = func(context.Context, string, string) (payment.ProviderRefund, bool, error) { return there, true, nil }
		_, err := b.RefundPayment(t.Context(), part)
		require.Equal(t, fault.Unknown, fault.KindOf(err))
		reversal := payment.RefundRequest{OrderID: order, RefundID: payment.RefundIDPrefix.New(), Reversal: true}
		for range 2 {
			_, err = b.RefundPayment(t.Context(), reversal)
			require.ErrorIs(t, err, payment.ErrRefundUnderWay)
			require.False(t, fault.KindOf(err).Definite())
		}
		there.Status = tc.ends
		_, err = b.RefundPayment(t.Context(), part)
		require.Equal(t, tc.ends == payment.ProviderRefundFailed, err != nil)
		asked := int64(0)
		b.provider.refund = func(_ context.Context, r payment.ProviderRefundRequest, _ string) (payment.ProviderRefund, error) {
			asked = r.Amount
			return payment.ProviderRefund{ID: "re_2", Status: payment.ProviderRefundDone, Amount: r.Amount}, nil
		}
		for range 2 {
			p, err := b.RefundPayment(t.Context(), reversal)
			require.NoError(t, err)
			require.Equal(t, payment.Refunded, p.Status)
			require.Equal(t, tc.left, asked)
		}
		requireSums(t, b.pool)
	}
}

// TestReversalAgrees: a reversal agrees with what its id was asked for before, and
// that nothing is left is a yes, of which nothing is kept.
func TestReversalAgrees(t *testing.T) {
	t.Parallel()
	b := script(t)
	order := paymenttest.Captured(t, b).OrderID
	whole := refundOf(order, 1999)
	_, err := b.RefundPayment(t.Context(), whole)
	require.NoError(t, err)
	tooMuch := payment.RefundRequest{OrderID: order, RefundID: payment.RefundIDPrefix.New()}
	_, err = b.RefundPayment(t.Context(), tooMuch)
	require.ErrorIs(t, err, payment.ErrRefundTooMuch)
	before, err := b.ListRefunds(t.Context(), order)
	require.NoError(t, err)
	for _, id := range []string{whole.RefundID, tooMuch.RefundID, payment.RefundIDPrefix.New()} {
		reversal := payment.RefundRequest{OrderID: order, RefundID: id, Reversal: true}
		for range 2 {
			p, err := b.RefundPayment(t.Context(), reversal)
			require.NoError(t, err)
			require.Equal(t, payment.Refunded, p.Status)
		}
	}
	after, err := b.ListRefunds(t.Context(), order)
	require.NoError(t, err)
	require.Equal(t, before, after)

	other := paymenttest.Captured(t, b).OrderID
	_, err = b.RefundPayment(t.Context(), payment.RefundRequest{OrderID: other, RefundID: whole.RefundID, Reversal: true})
	require.ErrorIs(t, err, payment.ErrMismatch, "of another order")
	refused := refundOf(other, 2000)
	_, err = b.RefundPayment(t.Context(), refused)
	require.ErrorIs(t, err, payment.ErrRefundTooMuch)
	_, err = b.RefundPayment(t.Context(), payment.RefundRequest{OrderID: other, RefundID: refused.RefundID, Reversal: true})
	require.ErrorIs(t, err, payment.ErrRefundTooMuch, "money is left")
	refused.Reversal = true
	_, err = b.RefundPayment(t.Context(), refused)
	require.Equal(t, "amount", fault.From(err).Field)
}
