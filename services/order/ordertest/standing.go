package ordertest

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/services/order"
)

// slicesOf: an order is open until its saga has come to its end, and in one of
// the lists.
func slicesOf(t *testing.T, s order.Service) {
	var open, ended []string
	for _, status := range Statuses() {
		for _, state := range []order.SagaState{
			order.SagaRunning, order.SagaWaiting, order.SagaCompensating, order.SagaParked, order.SagaCompleted, order.SagaCompensated,
		} {
			o := place(t, s)
			for _, step := range Way(status) {
				_, err := s.TransitionOrder(t.Context(), move(step, o.ID))
				require.NoError(t, err)
			}
			require.NoError(t, s.MarkSaga(t.Context(), order.Mark{OrderID: o.ID, SagaState: state, Seq: 1}))
			if status.Decided() && (state == order.SagaCompleted || state == order.SagaCompensated) {
				ended = append([]string{o.ID}, ended...)
			} else {
				open = append([]string{o.ID}, open...)
			}
		}
	}
	for _, test := range []struct {
		list func(order.Slice) (order.IDPage, error)
		want []string
	}{
		{func(in order.Slice) (order.IDPage, error) { return s.ListOpen(t.Context(), in) }, open},
		{func(in order.Slice) (order.IDPage, error) { return s.ListEnded(t.Context(), in) }, ended},
	} {
		for _, limit := range []int{1, 3, order.MaxSlice, 2 * order.MaxSlice} {
			var all []string
			in := order.Slice{Limit: limit, Within: time.Hour}
			for pages := 0; pages == 0 || in.Cursor != ""; pages++ {
				page, err := test.list(in)
				require.NoError(t, err)
				require.LessOrEqual(t, len(page.IDs), limit)
				all, in.Cursor = append(all, page.IDs...), page.NextCursor
			}
			require.Equal(t, test.want, all, "what changed last first")
		}
		young, err := test.list(order.Slice{Age: time.Hour, Limit: 10})
		require.NoError(t, err)
		require.Empty(t, young.IDs, "only what has stood still")
		_, err = test.list(order.Slice{Cursor: "x"})
		requireInvalid(t, err, "cursor")
	}
	before, err := s.ListEnded(t.Context(), order.Slice{Within: time.Microsecond, Limit: 10})
	require.NoError(t, err)
	require.Empty(t, before.IDs, "only what has changed lately")
}

func standings(t *testing.T, s order.Service) {
	placed := place(t, s)
	confirmed := place(t, s)
	_, err := s.TransitionOrder(t.Context(), order.Transition{OrderID: confirmed.ID, To: order.Confirmed, Quote: Quote(), SagaState: order.SagaCompleted})
	require.NoError(t, err)
	_, err = s.RequestCancellation(t.Context(), confirmed.ID, "")
	require.NoError(t, err)
	failed := place(t, s)
	_, err = s.TransitionOrder(t.Context(), order.Transition{
		OrderID: failed.ID, To: order.Failed, Failure: &order.Failure{Code: "deadline_exceeded"}, SagaState: order.SagaCompensated,
	})
	require.NoError(t, err)
	read := func(ids ...string) []order.Standing {
		found, err := s.Standings(t.Context(), ids)
		require.NoError(t, err)
		for i := range found {
			require.Positive(t, found[i].Idle)
			require.Less(t, found[i].Idle, time.Minute)
			found[i].Idle = 0
		}
		return found
	}
	total := Quote().Total.Amount
	want := []order.Standing{
		{OrderID: placed.ID, Status: order.Pending, SagaState: order.SagaRunning},
		{OrderID: confirmed.ID, Status: order.Confirmed, SagaState: order.SagaCompleted, Owed: total, Cancelling: true},
		{OrderID: failed.ID, Status: order.Failed, SagaState: order.SagaCompensated, FailureCode: "deadline_exceeded"},
	}
	require.ElementsMatch(t, want, read(failed.ID, order.IDPrefix.New(), placed.ID, "nonsense", confirmed.ID))
	require.Empty(t, read())

	decided := func(o order.Order, action string) {
		r := resolution(order.WorkflowID(o.ID), action, 0)
		r.Action = action
		require.NoError(t, s.RecordResolution(t.Context(), r))
	}
	decided(placed, "retry")
	require.ElementsMatch(t, want, read(failed.ID, placed.ID, confirmed.ID), "to try again is no decision on how it stands")
	decided(placed, "skip")
	require.Equal(t, []order.Standing{{OrderID: placed.ID, Status: order.Pending, SagaState: order.SagaRunning, Skipped: true}}, read(placed.ID))
	decided(failed, "compensate")
	require.True(t, read(failed.ID)[0].Reversed)
	require.False(t, read(failed.ID)[0].Skipped)

	part := refundOf(confirmed, units(confirmed, 1)...)
	refund := request(t, s, part)
	require.Equal(t, []order.Standing{{
		OrderID: confirmed.ID, Status: order.Confirmed, SagaState: order.SagaCompleted, Owed: total - refund.Amount.Amount, Cancelling: true, Refunding: true,
	}}, read(confirmed.ID))
	_, err = finish(t, s, part, order.RefundDone)
	require.NoError(t, err)
	require.False(t, read(confirmed.ID)[0].Refunding)
	require.Equal(t, total-refund.Amount.Amount, read(confirmed.ID)[0].Owed)
	rest := refundOf(confirmed)
	request(t, s, rest)
	_, err = finish(t, s, rest, order.RefundDone)
	require.NoError(t, err)
	require.Equal(t, order.Refunded, read(confirmed.ID)[0].Status)
	require.Zero(t, read(confirmed.ID)[0].Owed)
	require.Len(t, read(slices.Repeat([]string{placed.ID}, 2*order.MaxSlice)...), 1)
}
