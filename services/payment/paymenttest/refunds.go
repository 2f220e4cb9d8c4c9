package paymenttest

import (
	"errors"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/payment"
)

// Captured makes a captured payment of 1999 EUR cents.
func Captured(t *testing.T, s payment.Service) payment.AuthorizeRequest {
	t.Helper()
	r := Request()
	capture(t, s, r)
	return r
}

// captured makes one of what the bench's payments are of.
func (b Bench) captured(t *testing.T) payment.AuthorizeRequest {
	t.Helper()
	r := b.request()
	capture(t, b.Service, r)
	return r
}

func capture(t *testing.T, s payment.Service, r payment.AuthorizeRequest) {
	t.Helper()
	_, err := s.AuthorizePayment(t.Context(), r)
	require.NoError(t, err)
	_, err = s.CapturePayment(t.Context(), payment.OrderRequest{OrderID: r.OrderID})
	require.NoError(t, err)
}

// part asks for a part of an order's capture; 0 for all that is left.
func part(r payment.AuthorizeRequest, id string, amount int64) payment.RefundRequest {
	refund := payment.RefundRequest{OrderID: r.OrderID, RefundID: id}
	if amount != 0 {
		refund.Amount = money.New(amount, r.Amount.Currency)
	}
	return refund
}

// requireRefunds: the provider and the ledger say the same of an order's refunds.
func (b Bench) requireRefunds(t *testing.T, orderID string, want map[string]int64, at ...any) {
	t.Helper()
	require.Equal(t, want, b.Refunds(t, orderID), at...)
	require.Equal(t, want, b.BookedRefunds(t, orderID), at...)
}

func (b Bench) refunds(t *testing.T) {
	t.Parallel()
	r := b.captured(t)
	one, two, three, rest := payment.RefundIDPrefix.New(), payment.RefundIDPrefix.New(), payment.RefundIDPrefix.New(), payment.RefundIDPrefix.New()
	for range 2 { // done again it is done once
		p, err := b.Service.RefundPayment(t.Context(), part(r, one, 700))
		require.NoError(t, err)
		require.Equal(t, payment.Captured, p.Status)
		require.Equal(t, int64(700), p.Refunded)
		require.Equal(t, int64(1999), p.Captured)
	}
	_, err := b.Service.RefundPayment(t.Context(), part(r, one, 701))
	require.ErrorIs(t, err, payment.ErrMismatch)
	_, err = b.Service.RefundPayment(t.Context(), part(b.captured(t), one, 700))
	require.ErrorIs(t, err, payment.ErrMismatch, "of another order")
	for range 2 {
		_, err = b.Service.RefundPayment(t.Context(), part(r, two, 1300))
		require.ErrorIs(t, err, payment.ErrRefundTooMuch)
	}
	p, err := b.Service.RefundPayment(t.Context(), part(r, rest, 0))
	require.NoError(t, err)
	require.Equal(t, payment.Refunded, p.Status)
	require.Equal(t, int64(1999), p.Refunded)
	for range 2 {
		_, err = b.Service.RefundPayment(t.Context(), part(r, three, 0))
		require.ErrorIs(t, err, payment.ErrRefundTooMuch, "nothing is left")
	}
	b.requireRefunds(t, r.OrderID, map[string]int64{one: 700, rest: 1299})

	listed, err := b.Service.ListRefunds(t.Context(), r.OrderID)
	require.NoError(t, err)
	want := []payment.Refund{
		{ID: one, Amount: money.New(700, "EUR"), Status: payment.RefundDone},
		{ID: two, Amount: money.New(1300, "EUR"), Status: payment.RefundFailed, Code: "refund_too_much"},
		{ID: rest, Amount: money.New(1299, "EUR"), Status: payment.RefundDone},
		{ID: three, Amount: money.New(0, "EUR"), Status: payment.RefundFailed, Code: "refund_too_much"},
	}
	require.Len(t, listed, len(want))
	for i := range want {
		want[i].PaymentID, want[i].OrderID = p.ID, p.OrderID
		want[i].CreatedAt, want[i].UpdatedAt = listed[i].CreatedAt, listed[i].UpdatedAt
		require.WithinDuration(t, time.Now(), listed[i].CreatedAt, time.Minute)
	}
	require.Equal(t, want, listed)
	for _, nobodys := range []string{"", "ord_x", payment.OrderIDPrefix.New()} {
		listed, err = b.Service.ListRefunds(t.Context(), nobodys)
		require.NoError(t, err)
		require.Empty(t, listed)
	}

	for field, spoil := range map[string]func(*payment.RefundRequest){
		"order_id":        func(r *payment.RefundRequest) { r.OrderID = "ord_x" },
		"refund_id":       func(r *payment.RefundRequest) { r.RefundID = r.OrderID },
		"amount.amount":   func(r *payment.RefundRequest) { r.Amount.Amount = 0 },
		"amount.currency": func(r *payment.RefundRequest) { r.Amount.Currency = "USD" },
	} {
		bad := part(b.captured(t), payment.RefundIDPrefix.New(), 1)
		spoil(&bad)
		_, err := b.Service.RefundPayment(t.Context(), bad)
		require.Equal(t, field, fault.From(err).Field)
		require.Equal(t, fault.Invalid, fault.KindOf(err))
	}
}

// refundFaults: whatever the provider does to one of two refunds, each is done
// once; and a capture whose answer was lost can be given back.
func (b Bench) refundFaults(t *testing.T) { // not parallel: see faults
	b.Service = b.Impatient
	for _, kind := range []string{"error_before", "error_after", "hang_before", "hang_after", "late_effect"} {
		r, want := b.captured(t), map[string]int64{}
		for i, amount := range []int64{700, 700} { // the same amount: only the id tells them apart
			id := payment.RefundIDPrefix.New()
			want[id] = amount
			if i == 1 {
				b.Fail(t, "refund", kind)
			}
			b.insist(t, kind, func() error {
				_, err := b.Service.RefundPayment(t.Context(), part(r, id, amount))
				return err
			})
		}
		b.requireRefunds(t, r.OrderID, want, kind)
	}
	r := b.request()
	_, err := b.do(t.Context(), "authorize", r)
	require.NoError(t, err)
	b.Fail(t, "capture", "hang_after")
	_, err = b.do(t.Context(), "capture", r)
	require.Equal(t, fault.Unknown, fault.KindOf(err))
	_, err = b.do(t.Context(), "void", r)
	require.ErrorIs(t, err, payment.ErrCaptured, "the void asks the provider")
	_, err = b.do(t.Context(), "refund", r)
	require.NoError(t, err)
	require.Equal(t, []string{"authorize", "capture", "refund"}, b.Booked(t, r.OrderID))
	require.Equal(t, []string{"authorize", "capture", "refund"}, b.Effects(r.OrderID))
}

// insist does something again until there is a definite answer, a yes.
func (b Bench) insist(t *testing.T, name string, do func() error) {
	t.Helper()
	var err error
	require.Eventually(t, func() bool {
		err = do()
		return err == nil || fault.KindOf(err).Definite()
	}, 20*time.Second, 50*time.Millisecond, name)
	require.NoError(t, err, name)
}

// refundsAtOnce: many refunds, each asked for by many, never give back more than
// was captured, and each answers all who ask alike.
func (b Bench) refundsAtOnce(t *testing.T) {
	t.Parallel()
	for range 3 {
		r := b.captured(t)
		var ids [6]string
		var yes, no [len(ids)]atomic.Int64
		var all errgroup.Group
		for i := range ids {
			ids[i] = payment.RefundIDPrefix.New()
			for range 4 {
				all.Go(func() error {
					_, err := b.Service.RefundPayment(t.Context(), part(r, ids[i], 500))
					switch {
					case err == nil:
						yes[i].Add(1)
					case errors.Is(err, payment.ErrRefundTooMuch):
						no[i].Add(1)
					default:
						return open(err)
					}
					return nil
				})
			}
		}
		require.NoError(t, all.Wait())
		want := map[string]int64{}
		for i, id := range ids {
			require.True(t, yes[i].Load() == 0 || no[i].Load() == 0, "a refund with two answers")
			if no[i].Load() == 0 {
				b.insist(t, id, func() error { _, err := b.Service.RefundPayment(t.Context(), part(r, id, 500)); return err })
				want[id] = 500
			}
		}
		require.Len(t, want, 3)
		b.requireRefunds(t, r.OrderID, want)
		last := payment.RefundIDPrefix.New()
		p, err := b.Service.RefundPayment(t.Context(), part(r, last, 0))
		require.NoError(t, err)
		require.Equal(t, payment.Refunded, p.Status)
		want[last] = 499
		b.requireRefunds(t, r.OrderID, want)
	}
}

// reversal: a void, and a refund of all that is left where that says that the
// money is captured, gives everything back wherever the payment stood.
func (b Bench) reversal(t *testing.T) {
	t.Parallel()
	for _, stood := range []string{"", "authorize", "authorize capture", "authorize capture part", "authorize void", "authorize capture refund"} {
		r := b.request()
		kept := map[string]int64{}
		for _, operation := range strings.Fields(stood) {
			if operation == "part" {
				id := payment.RefundIDPrefix.New()
				kept[id] = 700
				_, err := b.Service.RefundPayment(t.Context(), part(r, id, 700))
				require.NoError(t, err)
				continue
			}
			_, err := b.do(t.Context(), operation, r)
			require.NoError(t, err)
		}
		for range 2 {
			p, err := b.do(t.Context(), "void", r)
			if errors.Is(err, payment.ErrCaptured) {
				p, err = b.do(t.Context(), "refund", r)
			}
			require.NoError(t, err, stood)
			require.Equal(t, p.Captured, p.Refunded, stood)
		}
		refunded := b.Refunds(t, r.OrderID)
		require.Equal(t, refunded, b.BookedRefunds(t, r.OrderID))
		var sum int64
		for amount := range maps.Values(refunded) {
			sum += amount
		}
		if strings.Contains(stood, "capture") {
			require.Equal(t, int64(1999), sum, stood)
		} else {
			require.Zero(t, sum, stood)
		}
		for id, amount := range kept {
			require.Equal(t, amount, refunded[id])
		}
		for _, late := range []string{"authorize", "capture"} { // what comes late takes nothing
			_, _ = b.do(t.Context(), late, r)
		}
		require.Equal(t, refunded, b.Refunds(t, r.OrderID))
	}
}
