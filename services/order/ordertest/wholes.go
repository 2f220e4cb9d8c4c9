package ordertest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/services/order"
)

// refundOfCancelled asks for the refund of an order whose customer wants out.
func refundOfCancelled(t *testing.T, o order.Order) order.RefundRequest {
	t.Helper()
	r := refundOf(o)
	var err error
	r.RefundID, err = order.CancellationID(o.ID, o.Cancellation.RequestedAt)
	require.NoError(t, err)
	r.Whole = true
	return r
}

// cancellationsRefused: a cancellation whose refund is refused says so, and is
// nobody's to drive any more; the customer may ask again, with another refund.
func cancellationsRefused(t *testing.T, s order.Service) {
	left := func() []order.Order {
		found, err := s.CancellationsLeft(t.Context(), 0, 10)
		require.NoError(t, err)
		return found
	}
	o, err := s.RequestCancellation(t.Context(), confirmed(t, s).ID, "changed my mind")
	require.NoError(t, err)
	seen := map[string]bool{}
	for range 2 {
		require.Equal(t, []order.Order{o}, left())
		r := refundOfCancelled(t, o)
		require.False(t, seen[r.RefundID], "another refund")
		seen[r.RefundID] = true
		request(t, s, r)
		for range 2 {
			_, err = finish(t, s, r, order.RefundRefused)
			require.NoError(t, err)
			refused := get(t, s, o.ID)
			require.Equal(t, order.Confirmed, refused.Status)
			require.Equal(t, &order.Cancellation{RequestedAt: o.Cancellation.RequestedAt, Reason: "changed my mind", Refusal: "refund_failed"}, refused.Cancellation)
			require.True(t, refused.UpdatedAt.After(o.UpdatedAt))
			require.Empty(t, left())
		}
		again, err := s.RequestCancellation(t.Context(), o.ID, "changed my mind")
		require.NoError(t, err)
		require.Empty(t, again.Cancellation.Refusal)
		require.True(t, again.Cancellation.RequestedAt.After(o.Cancellation.RequestedAt))
		o = again
	}
	late, err := finish(t, s, refundOfCancelled(t, o), order.RefundRefused)
	require.NoError(t, err, "refused before it was requested")
	require.Equal(t, order.RefundRefused, late.Status)
	require.Equal(t, "refund_failed", get(t, s, o.ID).Cancellation.Refusal)
	o, err = s.RequestCancellation(t.Context(), o.ID, "")
	require.NoError(t, err)
	last := refundOfCancelled(t, o)
	request(t, s, last)
	_, err = finish(t, s, last, order.RefundDone)
	require.NoError(t, err)
	require.Equal(t, order.Refunded, get(t, s, o.ID).Status)
	require.Empty(t, left())
}

// wholes: what is refunded whole waits for the refunds under way, and nothing is
// kept meanwhile; what has gone back already is done at once, whatever its refund
// was asked for before.
func wholes(t *testing.T, s order.Service) {
	for _, returned := range []bool{false, true} {
		for _, ends := range []order.RefundStatus{order.RefundDone, order.RefundRefused} {
			for _, quantities := range [][]int64{{1}, {2, 1}} {
				o := confirmed(t, s)
				beside := refundOf(o, units(o, quantities...)...)
				part := request(t, s, beside)
				whole := refundOf(o)
				whole.Whole, whole.Returned = true, returned
				for range 2 {
					_, err := s.RequestRefund(t.Context(), whole)
					require.ErrorIs(t, err, order.ErrRefundUnderWay)
				}
				_, err := s.GetRefund(t.Context(), whole.RefundID)
				require.ErrorIs(t, err, order.ErrRefundNotFound)
				_, err = finish(t, s, beside, ends)
				require.NoError(t, err)
				if ends == order.RefundDone && len(quantities) == 2 {
					_, err = s.RequestRefund(t.Context(), whole)
					require.ErrorIs(t, err, order.ErrNotRefundable)
					continue
				}
				want := int64(2500)
				if ends == order.RefundDone {
					want -= part.Amount.Amount
				}
				all := request(t, s, whole)
				require.Equal(t, want, all.Amount.Amount)
				require.Equal(t, returned, all.Status == order.RefundDone)
				require.Equal(t, returned, get(t, s, o.ID).Status == order.Refunded)
				require.Equal(t, all, request(t, s, whole))
				done, err := finish(t, s, whole, order.RefundDone)
				require.NoError(t, err)
				require.Equal(t, order.Refunded, get(t, s, o.ID).Status)
				other := whole
				other.Reason, other.Returned = "for another reason", true
				require.Equal(t, done, request(t, s, other))
				other.Returned = false
				_, err = s.RequestRefund(t.Context(), other)
				require.ErrorIs(t, err, order.ErrMismatch)
			}
		}
	}
	o := confirmed(t, s)
	lines, part := refundOf(o, units(o, 1)...), refundOf(o)
	lines.Whole, part.Returned = true, true
	_, err := s.RequestRefund(t.Context(), lines)
	requireInvalid(t, err, "lines")
	_, err = s.RequestRefund(t.Context(), part)
	requireInvalid(t, err, "returned")
}
