package api_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"

	"github.com/skaldhq/skald/services/order"
)

// giveBack gives an order so many refunds, which are done, with the same history.
func (w *world) giveBack(refunds int, events []*historypb.HistoryEvent) {
	for i := range refunds {
		w.given = append(w.given, order.Refund{ID: fmt.Sprintf("rfd_%d", i+1), Status: order.RefundDone})
		w.histories.record(fmt.Sprintf("refund/rfd_%d", i+1), fmt.Sprintf("r%d", i+1), events...)
	}
}

// TestManyRefunds: of the sagas of refunds the newest fifty are shown, and they are
// asked for side by side.
func TestManyRefunds(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, h http.Handler) {
		w.become(order.Confirmed)
		w.histories.record("order/ord_1", "a", recorded(t, "place_order/r3/confirmed")...)
		w.giveBack(60, recorded(t, "refund_order/r3/done"))
		w.histories.take(time.Second)
		begun := time.Now()
		got := shown(t, h)
		require.Equal(t, 7*time.Second, time.Since(begun), "51, eight at a time")
		require.True(t, got.Complete)
		sagas := map[string]bool{}
		for _, e := range got.Entries {
			sagas[e.WorkflowID] = true
		}
		require.Len(t, sagas, 51)
		require.True(t, sagas["order/ord_1"] && sagas["refund/rfd_11"] && sagas["refund/rfd_60"])
		require.Len(t, w.histories.questions(), 51)

		w.histories.take(2 * time.Second) // 14 s for all
		begun = time.Now()
		res, out := call(h, http.MethodGet, timeline1, "")
		require.Equal(t, http.StatusServiceUnavailable, res.Code)
		require.Equal(t, "temporal_unavailable", out["code"])
		require.Equal(t, 10*time.Second, time.Since(begun))
	})
}

// TestStreamLeavesEndedSagas: a stream asks no more for the saga of a refund that is
// done, however long it goes on; for one that is requested it does.
func TestStreamLeavesEndedSagas(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, h http.Handler) {
		done := recorded(t, "refund_order/r3/done")
		w.stand(order.Confirmed, order.SagaParked)
		w.histories.record("order/ord_1", "a", recorded(t, "place_order/r3/confirmed")[:40]...)
		w.giveBack(3, done)
		w.given[2].Status = order.RefundRequested
		s := listen(h, timeline1)
		pass(5 * time.Minute)
		asked := w.histories.questions()
		require.Equal(t, []int{1, 1}, []int{asked["refund/rfd_1"], asked["refund/rfd_2"]})
		require.Greater(t, asked["refund/rfd_3"], 20)

		// It is run again and decided between two looks: what came of it is told.
		w.histories.record("refund/rfd_3", "again", done...)
		w.refundDone(2)
		pass(5 * time.Minute)
		told := s.messages()
		require.Contains(t, told[len(told)-1].id, "again:")
		require.LessOrEqual(t, w.histories.questions()["refund/rfd_3"], asked["refund/rfd_3"]+1)
		s.stop()
		<-s.done
	})
}

// TestStreamLooksAgain: where the runs cannot be had just when the order turns out
// to be decided, the stream does not end without them.
func TestStreamLooksAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, h http.Handler) {
		s := listen(h, timeline1)
		pass(5 * time.Second) // its saga is about to start
		w.histories.fail(errMute)
		w.histories.record("order/ord_1", "a", recorded(t, "place_order/r3/confirmed")...)
		w.become(order.Confirmed)
		pass(time.Minute)
		require.False(t, s.answered())
		w.histories.fail(nil)
		require.Len(t, named(complete(s), "entry"), 16)
	})
}
