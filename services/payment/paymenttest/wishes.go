package paymenttest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/payment"
)

// wishes: a refund that was requested is set aside, and done once by whoever goes
// on with it.
func (b Bench) wishes(t *testing.T) {
	t.Parallel()
	r := b.claimed(t)
	_, err := b.Service.RequestRefund(t.Context(), b.wish(r, 100))
	require.ErrorIs(t, err, payment.ErrNotCaptured)
	capture(t, b.Service, r)

	part, all := b.wish(r, 700), b.wish(r, 0)
	_, err = b.Service.RefundPayment(t.Context(), kept(part))
	require.ErrorIs(t, err, payment.ErrRefundNotFound, "nobody has requested it")
	asked, err := b.Service.RequestRefund(t.Context(), part)
	require.NoError(t, err)
	require.Equal(t, payment.Refund{
		ID: part.RefundID, PaymentID: r.OrderID, Amount: part.Amount, Status: payment.RefundRequested, Reason: "a gift", Caller: "key_1",
		CreatedAt: asked.CreatedAt, UpdatedAt: asked.UpdatedAt,
	}, asked)
	require.Empty(t, b.Refunds(t, r.OrderID), "nothing goes back yet")
	rest, err := b.Service.RequestRefund(t.Context(), all)
	require.NoError(t, err)
	require.Equal(t, int64(1299), rest.Amount.Amount, "what is set aside is not left")
	much := b.wish(r, 1)
	for range 2 {
		_, err = b.Service.RequestRefund(t.Context(), much)
		require.ErrorIs(t, err, payment.ErrRefundTooMuch)
	}
	for _, w := range []payment.RefundWish{part, all} {
		for range 2 {
			_, err = b.Service.RefundPayment(t.Context(), kept(w))
			require.NoError(t, err)
		}
		done, err := b.Service.RequestRefund(t.Context(), w)
		require.NoError(t, err)
		require.Equal(t, payment.RefundDone, done.Status, "the same wish again gives the refund as it stands")
	}
	require.Equal(t, payment.Refunded, b.get(t, r.OrderID).Status)
	b.requireRefunds(t, r.OrderID, map[string]int64{part.RefundID: 700, all.RefundID: 1299})

	for _, change := range []func(*payment.RefundWish){
		func(w *payment.RefundWish) { w.Amount.Amount++ },
		func(w *payment.RefundWish) { w.Reason = "another" },
		func(w *payment.RefundWish) { w.Amount.Amount, w.Amount.Currency = 0, "" },
	} {
		other := part
		change(&other)
		_, err = b.Service.RequestRefund(t.Context(), other)
		require.ErrorIs(t, err, payment.ErrMismatch)
	}
	again := part
	again.Caller = "key_2"
	first, err := b.Service.RequestRefund(t.Context(), again)
	require.NoError(t, err)
	require.Equal(t, "key_1", first.Caller, "the first one counts")

	order := Captured(t, b.Service)
	page, err := b.Service.List(t.Context(), payment.Filter{OrderID: order.OrderID, Limit: 1})
	require.NoError(t, err)
	of := b.wish(order, 1)
	of.PaymentID = page.Items[0].ID
	_, err = b.Service.RequestRefund(t.Context(), of)
	require.ErrorIs(t, err, payment.ErrOfOrder)
	for _, nobodys := range []string{payment.IDPrefix.New(), order.OrderID, ""} {
		of.PaymentID = nobodys
		_, err = b.Service.RequestRefund(t.Context(), of)
		require.ErrorIs(t, err, payment.ErrNotFound)
	}
	bad := b.wish(r, 1)
	bad.Amount.Currency = "USD"
	_, err = b.Service.RequestRefund(t.Context(), bad)
	require.Equal(t, "amount.currency", fault.From(err).Field)
	bad.Reason = "\x00"
	_, err = b.Service.RequestRefund(t.Context(), bad)
	require.Equal(t, "reason", fault.From(err).Field)
}
