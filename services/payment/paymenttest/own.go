package paymenttest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/payment"
)

// claimed is a payment of its own that was requested, and its request.
func (b Bench) claimed(t *testing.T) payment.AuthorizeRequest {
	t.Helper()
	b.own = true
	r := b.request()
	_, err := b.Service.RequestPayment(t.Context(), r)
	require.NoError(t, err)
	return r
}

func (b Bench) get(t *testing.T, id string) payment.Payment {
	t.Helper()
	p, err := b.Service.Get(t.Context(), id)
	require.NoError(t, err)
	return p
}

// claim: what was requested is there, once, whatever comes after it.
func (b Bench) claim(t *testing.T) {
	t.Parallel()
	r := b.claimed(t)
	for _, step := range []string{"", "", "authorize", "capture", "refund"} {
		if step != "" {
			_, err := b.do(t.Context(), step, r)
			require.NoError(t, err, step)
		}
		p, err := b.Service.RequestPayment(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, b.get(t, r.OrderID), p)
		require.Equal(t, r.OrderID, p.ID)
		require.Empty(t, p.OrderID)
		require.Equal(t, r.Amount, p.Amount)
	}
	require.Equal(t, payment.Refunded, b.get(t, r.OrderID).Status)
	require.Equal(t, []string{"authorize", "capture", "refund"}, b.Effects(r.OrderID))
	for _, change := range []func(*payment.AuthorizeRequest){
		func(r *payment.AuthorizeRequest) { r.Amount.Amount++ },
		func(r *payment.AuthorizeRequest) { r.Method = "pm_card_mastercard" },
		func(r *payment.AuthorizeRequest) { r.UserID = payment.UserIDPrefix.New() },
	} {
		other := r
		change(&other)
		_, err := b.Service.RequestPayment(t.Context(), other)
		require.ErrorIs(t, err, payment.ErrMismatch)
		_, err = b.Service.AuthorizePayment(t.Context(), other)
		require.ErrorIs(t, err, payment.ErrMismatch)
	}

	late := r
	late.OrderID = payment.IDPrefix.New()
	_, err := b.do(t.Context(), "void", late)
	require.NoError(t, err, "undone before it was asked for")
	_, err = b.Service.RequestPayment(t.Context(), late)
	require.ErrorIs(t, err, payment.ErrVoided)
	require.Empty(t, b.Effects(late.OrderID))

	for field, spoil := range map[string]func(*payment.AuthorizeRequest){
		"order_id":        func(r *payment.AuthorizeRequest) { r.OrderID = "pay_x" },
		"payment_id":      func(r *payment.AuthorizeRequest) { r.OrderID = payment.OrderIDPrefix.New() },
		"user_id":         func(r *payment.AuthorizeRequest) { r.UserID = "usr_x" },
		"amount.currency": func(r *payment.AuthorizeRequest) { r.Amount.Currency = "EURO" },
	} {
		bad := r
		spoil(&bad)
		_, err := b.Service.RequestPayment(t.Context(), bad)
		require.Equal(t, field, fault.From(err).Field)
	}
}

// claimsAtOnce: of many who claim one payment, and of one that authorizes it
// meanwhile, nobody fails, and there is one payment.
func (b Bench) claimsAtOnce(t *testing.T) {
	t.Parallel()
	b.own = true
	for range 20 {
		r := b.request()
		var all errgroup.Group
		for range 4 {
			all.Go(func() error { _, err := b.Service.RequestPayment(t.Context(), r); return err })
		}
		all.Go(func() error { _, err := b.do(t.Context(), "authorize", r); return open(err) })
		require.NoError(t, all.Wait())
		_, err := b.do(t.Context(), "authorize", r)
		require.NoError(t, err)
		require.Equal(t, []string{"authorize"}, b.Effects(r.OrderID))
	}
}

// action: until when the customer has to act is told from the first time on that
// they have to, and is not a part of what was asked for.
func (b Bench) action(t *testing.T) {
	t.Parallel()
	b.own = true
	r := b.request()
	r.Method = "pm_card_authenticationRequired"
	_, err := b.Service.RequestPayment(t.Context(), r)
	require.NoError(t, err)
	asked := time.Now()
	r.ActionTimeout = time.Hour
	first, err := b.do(t.Context(), "authorize", r)
	require.NoError(t, err)
	require.Equal(t, payment.RequiresAction, first.Status)
	require.NotEmpty(t, first.ActionURL)
	require.WithinRange(t, *first.ActionExpiresAt, asked.Add(time.Hour-time.Second), time.Now().Add(time.Hour+time.Second))
	r.ActionTimeout = 2 * time.Hour
	again, err := b.do(t.Context(), "authorize", r)
	require.NoError(t, err)
	require.Equal(t, first.ActionExpiresAt, again.ActionExpiresAt)
}

// close: why a payment did not come about stays what it was first, and nothing
// comes about after it.
func (b Bench) close(t *testing.T) {
	t.Parallel()
	why := payment.Failure{Code: "user_inactive", Detail: "The user is suspended.", Step: "CheckCustomer"}
	other := payment.Failure{Code: "cancelled", Detail: "Somebody cancelled.", Step: "AuthorizePayment"}
	for stood, status := range map[string]payment.Status{"": payment.Voided, "void": payment.Voided, "declined": payment.Declined, "authorize void": payment.Voided} {
		r := b.claimedAs(t, stood)
		for _, failure := range []payment.Failure{why, other} {
			p, err := b.Service.ClosePayment(t.Context(), payment.CloseRequest{PaymentID: r.OrderID, Failure: failure})
			require.NoError(t, err, stood)
			require.Equal(t, status, p.Status, stood)
			require.Equal(t, &why, p.Failure, stood)
			require.Equal(t, p, b.get(t, r.OrderID))
		}
		_, err := b.do(t.Context(), "authorize", r)
		require.ErrorIs(t, err, payment.ErrVoided, stood)
		if stood != "authorize void" {
			require.Empty(t, b.Effects(r.OrderID))
		}
	}
	r := b.claimed(t)
	capture(t, b.Service, r)
	_, err := b.Service.ClosePayment(t.Context(), payment.CloseRequest{PaymentID: r.OrderID, Failure: why})
	require.ErrorIs(t, err, payment.ErrCaptured)
	require.Nil(t, b.get(t, r.OrderID).Failure)
	for _, nobodys := range []string{payment.IDPrefix.New(), "pay_x", ""} {
		_, err = b.Service.ClosePayment(t.Context(), payment.CloseRequest{PaymentID: nobodys, Failure: why})
		require.ErrorIs(t, err, payment.ErrNotFound)
	}
}

// claimedAs is a payment that was requested and has come so far.
func (b Bench) claimedAs(t *testing.T, stood string) payment.AuthorizeRequest {
	t.Helper()
	b.own = true
	r := b.request()
	steps := map[string][]string{"void": {"void"}, "authorize void": {"authorize", "void"}}[stood]
	if stood == "declined" {
		r.Method = "pm_card_chargeDeclined"
	}
	_, err := b.Service.RequestPayment(t.Context(), r)
	require.NoError(t, err)
	if stood == "declined" {
		_, err = b.do(t.Context(), "authorize", r)
		require.ErrorIs(t, err, payment.ErrDeclined)
	}
	for _, step := range steps {
		_, err = b.do(t.Context(), step, r)
		require.NoError(t, err)
	}
	return r
}

// left: what is not at its end is given to one who asks, and to nobody for a
// while then.
func (b Bench) left(t *testing.T) { // not parallel: whoever asks first is given it
	const soon, all = -time.Hour, 1000 // as if it were asked in an hour
	authorized, closed, captured := b.claimed(t), b.claimed(t), b.claimed(t)
	fresh := b.claimed(t)
	_, err := b.do(t.Context(), "authorize", authorized)
	require.NoError(t, err)
	_, err = b.Service.ClosePayment(t.Context(), payment.CloseRequest{PaymentID: closed.OrderID, Failure: payment.Failure{Code: "a", Detail: "b", Step: "c"}})
	require.NoError(t, err)
	capture(t, b.Service, captured)
	refund := b.wish(captured, 100)
	_, err = b.Service.RequestRefund(t.Context(), refund)
	require.NoError(t, err)
	order := Captured(t, b.Service)

	young, err := b.Service.PaymentsLeft(t.Context(), time.Hour, all)
	require.NoError(t, err)
	require.Empty(t, young)
	found, err := b.Service.PaymentsLeft(t.Context(), soon, all)
	require.NoError(t, err)
	ids := map[string]payment.Payment{}
	for _, p := range found {
		ids[p.ID] = p
	}
	for _, r := range []payment.AuthorizeRequest{fresh, authorized} {
		require.Equal(t, b.get(t, r.OrderID), ids[r.OrderID])
	}
	for _, r := range []payment.AuthorizeRequest{closed, captured, order} {
		require.NotContains(t, ids, r.OrderID)
	}
	one, err := b.Service.PaymentsLeft(t.Context(), soon, 1)
	require.NoError(t, err)
	require.Len(t, one, 1)
	again, err := b.Service.PaymentsLeft(t.Context(), time.Minute, all)
	require.NoError(t, err)
	require.Empty(t, again, "they were looked at a moment ago")

	refunds, err := b.Service.RefundsLeft(t.Context(), soon, all)
	require.NoError(t, err)
	require.Contains(t, refundIDs(refunds), refund.RefundID)
	refunds, err = b.Service.RefundsLeft(t.Context(), time.Minute, all)
	require.NoError(t, err)
	require.Empty(t, refunds)
	_, err = b.Service.RefundPayment(t.Context(), kept(refund))
	require.NoError(t, err)
	refunds, err = b.Service.RefundsLeft(t.Context(), soon, all)
	require.NoError(t, err)
	require.NotContains(t, refundIDs(refunds), refund.RefundID)
}

func refundIDs(refunds []payment.Refund) (ids []string) {
	for _, r := range refunds {
		ids = append(ids, r.ID)
	}
	return ids
}

// kinds: a payment of its own is never taken for an order's, nor the other way
// round, by those who read.
func (b Bench) kinds(t *testing.T) {
	t.Parallel()
	own := b.claimed(t)
	capture(t, b.Service, own)
	of, err := payment.ParseSubject(own.OrderID)
	require.NoError(t, err)
	asOrder := payment.OrderIDPrefix.Format(of.ID)
	page, err := b.Service.List(t.Context(), payment.Filter{OrderID: asOrder, Limit: 10})
	require.NoError(t, err)
	require.Empty(t, page.Items)
	page, err = b.Service.List(t.Context(), payment.Filter{UserID: own.UserID, Limit: 10})
	require.NoError(t, err)
	require.Equal(t, []payment.Payment{b.get(t, own.OrderID)}, page.Items)

	wish := b.wish(own, 0)
	_, err = b.Service.RequestRefund(t.Context(), wish)
	require.NoError(t, err)
	listed, err := b.Service.ListRefunds(t.Context(), asOrder)
	require.NoError(t, err)
	require.Empty(t, listed)

	taken, err := b.Service.ListTaken(t.Context(), payment.Slice{Limit: payment.MaxSlice})
	require.NoError(t, err)
	require.NotContains(t, taken.OrderIDs, asOrder)
	held := b.claimed(t)
	_, err = b.do(t.Context(), "authorize", held)
	require.NoError(t, err)
	of, err = payment.ParseSubject(held.OrderID)
	require.NoError(t, err)
	holding, err := b.Service.ListHolding(t.Context(), payment.Slice{Limit: payment.MaxSlice})
	require.NoError(t, err)
	require.NotContains(t, holding.OrderIDs, payment.OrderIDPrefix.Format(of.ID))
	standings, err := b.Service.Standings(t.Context(), []string{held.OrderID})
	require.NoError(t, err)
	require.Equal(t, []payment.Standing{{OrderID: held.OrderID, PaymentID: held.OrderID, Status: payment.Authorized}}, standings)
}

// wish asks for a part of a payment of its own back; 0 for all that is left.
func (b Bench) wish(r payment.AuthorizeRequest, amount int64) payment.RefundWish {
	w := payment.RefundWish{PaymentID: r.OrderID, RefundID: payment.RefundIDPrefix.New(), Reason: "a gift", Caller: "key_1"}
	if amount != 0 {
		w.Amount = money.New(amount, r.Amount.Currency)
	}
	return w
}

// kept asks to go on with a refund that was requested.
func kept(w payment.RefundWish) payment.RefundRequest {
	return payment.RefundRequest{OrderID: w.PaymentID, RefundID: w.RefundID, Kept: true}
}
