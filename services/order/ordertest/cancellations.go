package ordertest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/services/order"
)

func cancellations(t *testing.T, s order.Service) {
	for _, status := range Statuses() {
		o := place(t, s)
		for _, step := range Way(status) {
			var err error
			o, err = s.TransitionOrder(t.Context(), move(step, o.ID))
			require.NoError(t, err)
		}
		cancelled, err := s.RequestCancellation(t.Context(), o.ID, "changed my mind")
		require.NoError(t, err)
		again, err := s.RequestCancellation(t.Context(), o.ID, "once more")
		require.NoError(t, err)
		require.Equal(t, cancelled, again, status)
		if status.Decided() && status != order.Confirmed {
			require.Equal(t, o, cancelled, "of what has ended nothing is recorded")
			continue
		}
		require.NotNil(t, cancelled.Cancellation)
		at := cancelled.Cancellation.RequestedAt
		require.WithinDuration(t, time.Now(), at, time.Minute)
		want := o
		want.Cancellation, want.UpdatedAt = &order.Cancellation{RequestedAt: at, Reason: "changed my mind"}, cancelled.UpdatedAt
		require.Equal(t, want, cancelled, "status and version stay")
		require.True(t, cancelled.UpdatedAt.After(o.UpdatedAt))
		require.Equal(t, cancelled, get(t, s, o.ID))
	}
	for _, reason := range []string{"", strings.Repeat("한", 500)} { // nobody has to say why
		_, err := s.RequestCancellation(t.Context(), place(t, s).ID, reason)
		require.NoError(t, err)
	}
	for _, reason := range []string{"\x00", "\xff", strings.Repeat("한", 501)} {
		_, err := s.RequestCancellation(t.Context(), place(t, s).ID, reason)
		requireInvalid(t, err, "reason")
	}
	for _, nobodys := range []string{order.IDPrefix.New(), "ord_nonsense", ""} {
		_, err := s.RequestCancellation(t.Context(), nobodys, "")
		require.ErrorIs(t, err, order.ErrNotFound)
	}
}

// cancellationsRace: a request meets a transition of the order, and others.
func cancellationsRace(t *testing.T, s order.Service) {
	for range 10 {
		o := place(t, s)
		var all errgroup.Group
		for i := range 8 {
			all.Go(func() error {
				if i == 0 {
					_, err := s.TransitionOrder(t.Context(), move(order.Confirmed, o.ID))
					return err
				}
				_, err := s.RequestCancellation(t.Context(), o.ID, "")
				return err
			})
		}
		require.NoError(t, all.Wait())
		ended := get(t, s, o.ID)
		require.Equal(t, order.Confirmed, ended.Status)
		require.EqualValues(t, 2, ended.Version)
		require.NotNil(t, ended.Cancellation)
		requirePriced(t, ended)
	}
}

func cancellationsLeft(t *testing.T, s order.Service) {
	place(t, s) // nobody wants out of this one
	var wanted []order.Order
	for range 5 {
		o, err := s.RequestCancellation(t.Context(), place(t, s).ID, "")
		require.NoError(t, err)
		wanted = append(wanted, o)
	}
	left := func(age time.Duration, limit int) []order.Order {
		found, err := s.CancellationsLeft(t.Context(), age, limit)
		require.NoError(t, err)
		return found
	}
	require.Empty(t, left(time.Hour, 10))
	require.Equal(t, wanted, left(0, 10), "oldest request first, whole")
	require.Equal(t, wanted[:2], left(0, 2))
	require.Empty(t, left(0, 0))

	for i, to := range []order.Status{order.Cancelled, order.AwaitingPayment, order.Confirmed} {
		var err error
		wanted[i], err = s.TransitionOrder(t.Context(), move(to, wanted[i].ID))
		require.NoError(t, err)
		require.NotNil(t, wanted[i].Cancellation)
	}
	require.Equal(t, wanted[1:], left(0, 10))
	part := refundOf(wanted[2], units(wanted[2], 1)...)
	request(t, s, part)
	wanted[2] = less(wanted[2], 1000)
	others := slices.Concat(wanted[1:2], wanted[3:])
	require.Equal(t, others, left(0, 10), "a refund is under way")
	_, err := finish(t, s, part, order.RefundDone)
	require.NoError(t, err)
	require.Equal(t, wanted[1:], left(0, 10), "a part is refunded")
	rest := refundOf(wanted[2])
	request(t, s, rest)
	require.Equal(t, others, left(0, 10))
	_, err = finish(t, s, rest, order.RefundRefused)
	require.NoError(t, err)
	require.Equal(t, wanted[1:], left(0, 10), "another refund than its own was refused")
}
