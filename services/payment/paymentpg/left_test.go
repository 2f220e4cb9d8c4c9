package paymentpg_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/payment/paymenttest"
)

// later asks as if it were in an hour, when everything is due.
const later, all = -time.Hour, 100

var errLost = fault.New(fault.Unknown, "lost", "The answer was lost.")

// requestOwn asks for a payment of its own.
func requestOwn(t *testing.T, b *scriptedBench) payment.AuthorizeRequest {
	t.Helper()
	r := paymenttest.Request()
	r.OrderID = payment.IDPrefix.New()
	_, err := b.RequestPayment(t.Context(), r)
	require.NoError(t, err)
	return r
}

// left are the payments whose saga somebody has to see to, by id.
func (b *scriptedBench) left(t *testing.T, age time.Duration, limit int) (ids []string) {
	t.Helper()
	found, err := b.PaymentsLeft(t.Context(), age, limit)
	require.NoError(t, err)
	for _, p := range found {
		ids = append(ids, p.ID)
	}
	return ids
}

// TestReversalIsNotForgotten: what was taken and is to be turned back is left until
// its saga has said why, also where the money is back already, and where the void is
// the first to learn that it was taken. Its refund is not one that somebody asked for.
func TestReversalIsNotForgotten(t *testing.T) {
	t.Parallel()
	for _, learned := range []bool{false, true} {
		b := script(t)
		r := requestOwn(t, b)
		of := payment.OrderRequest{OrderID: r.OrderID}
		_, err := b.AuthorizePayment(t.Context(), r)
		require.NoError(t, err)
		if learned {
			b.provider.capture = func(ctx context.Context, intentID, key string) (payment.Intent, error) {
				_, err := b.provider.Provider.CaptureIntent(ctx, intentID, key)
				require.NoError(t, err)
				return payment.Intent{}, errLost
			}
		}
		_, err = b.CapturePayment(t.Context(), of)
		require.Equal(t, learned, err != nil)
		_, err = b.VoidPayment(t.Context(), of)
		require.ErrorIs(t, err, payment.ErrCaptured)
		require.Equal(t, []string{r.OrderID}, b.left(t, later, all))
		standing, err := b.Standings(t.Context(), []string{r.OrderID})
		require.NoError(t, err)
		require.Equal(t, []payment.Standing{{OrderID: r.OrderID, PaymentID: r.OrderID, Status: payment.Captured, Kept: 1999, Undone: true}}, standing)

		id, err := payment.ReversalID(r.OrderID)
		require.NoError(t, err)
		reversal := payment.RefundRequest{OrderID: r.OrderID, RefundID: id, Reversal: true}
		b.provider.refund = func(context.Context, payment.ProviderRefundRequest, string) (payment.ProviderRefund, error) {
			return payment.ProviderRefund{}, errLost
		}
		_, err = b.RefundPayment(t.Context(), reversal)
		require.Error(t, err)
		require.Equal(t, []string{r.OrderID}, b.left(t, later, all))
		refunds, err := b.RefundsLeft(t.Context(), later, all)
		require.NoError(t, err)
		require.Empty(t, refunds, "the payment's saga sees it through")

		b.provider.refund = nil
		_, err = b.RefundPayment(t.Context(), reversal)
		require.NoError(t, err)
		require.Equal(t, []string{r.OrderID}, b.left(t, later, all))
		_, err = b.ClosePayment(t.Context(), payment.CloseRequest{PaymentID: r.OrderID, Failure: payment.Failure{Code: "a", Detail: "b", Step: "c"}})
		require.NoError(t, err)
		require.Empty(t, b.left(t, later, all))
	}
}

// TestTakenStaysTaken: where the way back ends and the money stays, it has come
// about after all.
func TestTakenStaysTaken(t *testing.T) {
	t.Parallel()
	b := script(t)
	r := requestOwn(t, b)
	of := payment.OrderRequest{OrderID: r.OrderID}
	_, err := b.AuthorizePayment(t.Context(), r)
	require.NoError(t, err)
	_, err = b.CapturePayment(t.Context(), of)
	require.NoError(t, err)
	_, err = b.VoidPayment(t.Context(), of)
	require.ErrorIs(t, err, payment.ErrCaptured)
	_, err = b.ClosePayment(t.Context(), payment.CloseRequest{PaymentID: r.OrderID, Failure: payment.Failure{Code: "a", Detail: "b", Step: "c"}})
	require.ErrorIs(t, err, payment.ErrCaptured)
	require.Empty(t, b.left(t, later, all))
}

// TestLookedAtLessAndLess: the older a payment is, the longer it is left alone; and
// of many that are due each has its turn.
func TestLookedAtLessAndLess(t *testing.T) {
	t.Parallel()
	b := script(t)
	want := map[string]time.Duration{}
	for _, age := range []time.Duration{0, 10 * time.Minute, 24 * time.Hour} {
		r := requestOwn(t, b)
		private, err := payment.IDPrefix.Parse(r.OrderID)
		require.NoError(t, err)
		_, err = b.pool.Exec(t.Context(), `UPDATE payments SET created_at = now() - $2::interval, due_at = now() - interval '2 hours' WHERE id = $1`, private, age.String())
		require.NoError(t, err)
		want[r.OrderID] = min(age/10, 5*time.Minute)
	}
	var seen []string
	for range want {
		seen = append(seen, b.left(t, time.Hour, 1)...)
	}
	require.Len(t, seen, len(want))
	for id, pause := range want {
		require.Contains(t, seen, id)
		require.NotContains(t, b.left(t, time.Hour, all), id)
		private, err := payment.IDPrefix.Parse(id)
		require.NoError(t, err)
		var got float64
		require.NoError(t, b.pool.QueryRow(t.Context(), `SELECT extract(epoch FROM due_at - now())::float8 FROM payments WHERE id = $1`, private).Scan(&got))
		require.InDelta(t, pause.Seconds(), got, 30)
	}
}
