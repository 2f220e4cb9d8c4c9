package ordertest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/order"
)

// confirmed creates a confirmed order of Request, at the prices of Quote.
func confirmed(t *testing.T, s order.Service) order.Order {
	t.Helper()
	o, err := s.TransitionOrder(t.Context(), move(order.Confirmed, place(t, s).ID))
	require.NoError(t, err)
	return o
}

// units asks for units of an order's items, in its sequence.
func units(o order.Order, quantities ...int64) []order.RefundLine {
	var lines []order.RefundLine
	for i, quantity := range quantities {
		if quantity > 0 {
			lines = append(lines, order.RefundLine{ProductID: o.Items[i].ProductID, Quantity: quantity})
		}
	}
	return lines
}

func refundOf(o order.Order, lines ...order.RefundLine) order.RefundRequest {
	return order.RefundRequest{OrderID: o.ID, RefundID: order.RefundIDPrefix.New(), Lines: lines, Reason: "too small", Caller: "alice"}
}

// request asks for a refund that is taken.
func request(t *testing.T, s order.Service, r order.RefundRequest) order.Refund {
	t.Helper()
	refund, err := s.RequestRefund(t.Context(), r)
	require.NoError(t, err)
	return refund
}

func finish(t *testing.T, s order.Service, r order.RefundRequest, status order.RefundStatus) (order.Refund, error) {
	t.Helper()
	return s.FinishRefund(t.Context(), order.RefundEnd{OrderID: r.OrderID, RefundID: r.RefundID, Status: status, Code: code(status)})
}

func code(status order.RefundStatus) string {
	if status == order.RefundRefused {
		return "refund_failed"
	}
	return ""
}

// less is the order once so many minor units are refunded.
func less(o order.Order, amount int64) order.Order {
	refunded := money.New(amount, o.Total.Currency)
	o.Refunded = &refunded
	return o
}

func refunds(t *testing.T, s order.Service) {
	o := confirmed(t, s)
	r := refundOf(o, units(o, 1)...)
	refund := request(t, s, r)
	require.Equal(t, order.Refund{
		ID: r.RefundID, OrderID: o.ID, UserID: o.UserID, Lines: units(o, 1), Amount: money.New(1000, "EUR"), Reason: "too small", Caller: "alice",
		Status: order.RefundRequested, Version: 1, CreatedAt: refund.CreatedAt, UpdatedAt: refund.CreatedAt,
	}, refund)
	require.WithinDuration(t, time.Now(), refund.CreatedAt, time.Minute)
	r.Caller = "the dispatcher"
	require.Equal(t, refund, request(t, s, r), "the same again")
	require.Equal(t, less(o, 1000), get(t, s, o.ID), "the order is as it was, but for what is on its way back")

	done, err := finish(t, s, r, order.RefundDone)
	require.NoError(t, err)
	require.Equal(t, order.RefundDone, done.Status)
	require.EqualValues(t, 2, done.Version)
	again, err := finish(t, s, r, order.RefundDone)
	require.NoError(t, err)
	require.Equal(t, done, again)
	require.Equal(t, done, request(t, s, r), "requested late")
	_, err = finish(t, s, r, order.RefundRefused)
	require.ErrorIs(t, err, order.ErrRefundEnded)
	require.Equal(t, less(o, 1000), get(t, s, o.ID), "a part leaves the order confirmed, at its version")

	rest := refundOf(o)
	last := request(t, s, rest)
	require.Equal(t, money.New(1500, "EUR"), last.Amount)
	require.ElementsMatch(t, units(o, 1, 1), last.Lines, "all that is left, spelled out")
	require.True(t, slices.IsSortedFunc(last.Lines, func(a, b order.RefundLine) int { return strings.Compare(a.ProductID, b.ProductID) }))
	last, err = finish(t, s, rest, order.RefundDone)
	require.NoError(t, err)
	ended := get(t, s, o.ID)
	require.Equal(t, order.Refunded, ended.Status)
	require.Equal(t, ended.Total, ended.Refunded)
	require.Equal(t, o.Version+1, ended.Version)
	for _, late := range []order.RefundRequest{r, rest} {
		_, err = finish(t, s, late, order.RefundDone)
		require.NoError(t, err)
	}
	require.Equal(t, ended, get(t, s, o.ID))
	_, err = s.RequestRefund(t.Context(), refundOf(o))
	require.ErrorIs(t, err, order.ErrNotRefundable)

	all, err := s.ListRefunds(t.Context(), o.ID)
	require.NoError(t, err)
	require.Equal(t, []order.Refund{done, last}, all)
	found, err := s.GetRefund(t.Context(), r.RefundID)
	require.NoError(t, err)
	require.Equal(t, done, found)
}

func refundRefusals(t *testing.T, s order.Service) {
	o := confirmed(t, s)
	taken := refundOf(o, units(o, 2)...)
	request(t, s, taken)
	for name, r := range map[string]order.RefundRequest{
		"more than is left":   refundOf(o, units(o, 1)...),
		"more than there was": refundOf(o, units(o, 0, 2)...),
		"not of this order":   refundOf(o, order.RefundLine{ProductID: order.ProductIDPrefix.New(), Quantity: 1}),
	} {
		for range 2 {
			_, err := s.RequestRefund(t.Context(), r)
			require.ErrorIs(t, err, order.ErrRefundTooMany, name)
		}
		kept, err := s.GetRefund(t.Context(), r.RefundID)
		require.NoError(t, err)
		require.Equal(t, order.RefundRefused, kept.Status)
		require.Equal(t, "refund_too_many", kept.Code)
		require.Zero(t, kept.Amount.Amount)
		require.Empty(t, kept.Lines)
		_, err = finish(t, s, r, order.RefundRefused)
		require.NoError(t, err, "undone")
		_, err = finish(t, s, r, order.RefundDone)
		require.ErrorIs(t, err, order.ErrRefundEnded)
	}
	// What the provider refuses is left again; what was refused before stays so.
	never := refundOf(o, units(o, 1)...)
	_, err := s.RequestRefund(t.Context(), never)
	require.ErrorIs(t, err, order.ErrRefundTooMany)
	refused, err := finish(t, s, taken, order.RefundRefused)
	require.NoError(t, err)
	require.Equal(t, "refund_failed", refused.Code)
	require.Equal(t, units(o, 2), refused.Lines)
	require.Equal(t, refused, request(t, s, taken), "requested late it is refused still")
	_, err = s.RequestRefund(t.Context(), never)
	require.ErrorIs(t, err, order.ErrRefundTooMany)
	require.Equal(t, int64(2500), request(t, s, refundOf(o)).Amount.Amount)

	for name, change := range map[string]func(*order.RefundRequest){
		"lines":  func(r *order.RefundRequest) { r.Lines = units(o, 1) },
		"all":    func(r *order.RefundRequest) { r.Lines = nil },
		"reason": func(r *order.RefundRequest) { r.Reason = "too large" },
		"order":  func(r *order.RefundRequest) { r.OrderID = confirmed(t, s).ID },
	} {
		other := taken
		change(&other)
		_, err := s.RequestRefund(t.Context(), other)
		require.ErrorIs(t, err, order.ErrMismatch, name)
	}
	other := confirmed(t, s)
	_, err = s.FinishRefund(t.Context(), order.RefundEnd{OrderID: other.ID, RefundID: taken.RefundID, Status: order.RefundRefused})
	require.ErrorIs(t, err, order.ErrMismatch)
	split := refundOf(other, units(other, 2)...)
	request(t, s, split)
	split.Lines = append(units(other, 1), units(other, 1)...)
	request(t, s, split) // the same, added up

	for _, status := range []order.Status{order.Pending, order.AwaitingPayment, order.Rejected, order.Cancelled, order.Failed, order.Refunded} {
		early := place(t, s)
		for _, step := range Way(status) {
			_, err := s.TransitionOrder(t.Context(), move(step, early.ID))
			require.NoError(t, err)
		}
		r := refundOf(early)
		_, err := s.RequestRefund(t.Context(), r)
		require.ErrorIs(t, err, order.ErrNotRefundable, status)
		_, err = s.GetRefund(t.Context(), r.RefundID)
		require.ErrorIs(t, err, order.ErrRefundNotFound, status)
	}
}

// refundTombstones: a refusal that comes first is for good.
func refundTombstones(t *testing.T, s order.Service) {
	o := confirmed(t, s)
	r := refundOf(o)
	for range 2 {
		undone, err := s.FinishRefund(t.Context(), order.RefundEnd{OrderID: o.ID, RefundID: r.RefundID, Status: order.RefundRefused})
		require.NoError(t, err)
		require.Equal(t, order.RefundRefused, undone.Status)
		require.Equal(t, "refund_undone", undone.Code)
		_, err = s.RequestRefund(t.Context(), r)
		require.ErrorIs(t, err, order.ErrRefundUndone)
	}
	_, err := finish(t, s, r, order.RefundDone)
	require.ErrorIs(t, err, order.ErrRefundEnded)
	_, err = finish(t, s, refundOf(o), order.RefundDone)
	require.ErrorIs(t, err, order.ErrRefundNotFound)
	request(t, s, refundOf(o))

	for _, nobodys := range []string{order.IDPrefix.New(), "ord_nonsense", ""} {
		r := refundOf(order.Order{ID: nobodys})
		_, err := s.RequestRefund(t.Context(), r)
		require.ErrorIs(t, err, order.ErrNotFound)
		_, err = finish(t, s, r, order.RefundDone)
		require.ErrorIs(t, err, order.ErrNotFound)
		undone, err := finish(t, s, r, order.RefundRefused)
		require.NoError(t, err)
		require.Equal(t, order.RefundRefused, undone.Status)
		all, err := s.ListRefunds(t.Context(), nobodys)
		require.NoError(t, err)
		require.Empty(t, all)
	}
	for _, nothing := range []string{"", "rfd_nonsense", o.ID, order.RefundIDPrefix.New()} {
		_, err := s.GetRefund(t.Context(), nothing)
		require.ErrorIs(t, err, order.ErrRefundNotFound)
	}
}

func invalidRefunds(t *testing.T, s order.Service) {
	o := confirmed(t, s)
	for _, test := range []struct {
		field string
		spoil func(*order.RefundRequest)
	}{
		{"refund_id", func(r *order.RefundRequest) { r.RefundID = o.ID }},
		{"lines", func(r *order.RefundRequest) { r.Lines = slices.Repeat(r.Lines, order.MaxItems+1) }},
		{"lines[0].product_id", func(r *order.RefundRequest) { r.Lines[0].ProductID = "prd_" }},
		{"lines[0].quantity", func(r *order.RefundRequest) { r.Lines[0].Quantity = 0 }},
		{"lines[0].quantity", func(r *order.RefundRequest) { r.Lines[0].Quantity = 1 << 62 }},
		{"reason", func(r *order.RefundRequest) { r.Reason = "\x00" }},
		{"reason", func(r *order.RefundRequest) { r.Reason = strings.Repeat("한", 501) }},
	} {
		r := refundOf(o, units(o, 1)...)
		test.spoil(&r)
		_, err := s.RequestRefund(t.Context(), r)
		requireInvalid(t, err, test.field)
	}
	all, err := s.ListRefunds(t.Context(), o.ID)
	require.NoError(t, err)
	require.Empty(t, all)
}

// refundsRace: of refunds that ask for more than there is, those that fit are
// taken; each answers all who ask alike; when all are done the order is refunded.
func refundsRace(t *testing.T, s order.Service) {
	for round := range 5 {
		o := confirmed(t, s)
		var asked [6]order.RefundRequest
		var errs [len(asked) * 3]error
		var all errgroup.Group
		for i := range asked {
			asked[i] = refundOf(o, units(o, 1)...) // there are two
			if i == 0 {
				asked[i] = refundOf(o, units(o, 0, 1)...)
			}
		}
		for i := range errs {
			all.Go(func() error {
				_, errs[i] = s.RequestRefund(t.Context(), asked[i%len(asked)])
				return nil
			})
		}
		require.NoError(t, all.Wait())
		var taken []order.RefundRequest
		for i, r := range asked {
			for j := i; j < len(errs); j += len(asked) {
				require.Equal(t, errs[i] == nil, errs[j] == nil, "a refund with two answers")
			}
			if errs[i] != nil {
				require.ErrorIs(t, errs[i], order.ErrRefundTooMany)
				continue
			}
			taken = append(taken, r)
		}
		require.Len(t, taken, 3)
		refuse := round % 2 // of them the last, in every other round
		for i := range errs {
			all.Go(func() error {
				k, status := i%len(taken), order.RefundDone
				if k < refuse {
					status = order.RefundRefused
				}
				_, err := finish(t, s, taken[k], status)
				return err
			})
		}
		require.NoError(t, all.Wait())
		want := order.Refunded
		if refuse > 0 {
			want = order.Confirmed
		}
		require.Equal(t, want, get(t, s, o.ID).Status)
	}
}

// refundEndsRace: of done and refused one wins, for good.
func refundEndsRace(t *testing.T, s order.Service) {
	for range 10 {
		o := confirmed(t, s)
		r := refundOf(o)
		request(t, s, r)
		statuses := []order.RefundStatus{order.RefundDone, order.RefundRefused}
		var won [2]bool
		var all errgroup.Group
		for i, status := range statuses {
			all.Go(func() error {
				_, err := finish(t, s, r, status)
				won[i] = err == nil
				if errors.Is(err, order.ErrRefundEnded) {
					return nil
				}
				return err
			})
		}
		require.NoError(t, all.Wait())
		require.NotEqual(t, won[0], won[1])
		require.Equal(t, won[0], get(t, s, o.ID).Status == order.Refunded)
	}
}

func refundsLeft(t *testing.T, s order.Service) {
	var requested []order.Refund
	for range 4 {
		o := confirmed(t, s)
		requested = append(requested, request(t, s, refundOf(o, units(o, 1)...)))
	}
	_, err := s.RequestRefund(t.Context(), refundOf(confirmed(t, s), order.RefundLine{ProductID: order.ProductIDPrefix.New(), Quantity: 1}))
	require.ErrorIs(t, err, order.ErrRefundTooMany)
	left := func(age time.Duration, limit int) []order.Refund {
		found, err := s.RefundsLeft(t.Context(), age, limit)
		require.NoError(t, err)
		return found
	}
	require.Empty(t, left(time.Hour, 10))
	require.Equal(t, requested, left(0, 10), "oldest first, whole")
	require.Equal(t, requested[:2], left(0, 2))
	for i, status := range []order.RefundStatus{order.RefundDone, order.RefundRefused} {
		_, err := finish(t, s, order.RefundRequest{OrderID: requested[i].OrderID, RefundID: requested[i].ID}, status)
		require.NoError(t, err)
	}
	require.Equal(t, requested[2:], left(0, 10))
}
