package api_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/order"
)

// TestStream: what is recorded shows at once; with the last saga the stream ends.
func TestStream(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, h http.Handler) {
		events := recorded(t, "place_order/r3/action_confirmed")
		s := listen(h, timeline1)
		pass(5 * time.Second) // its saga is about to start
		require.Equal(t, "text/event-stream", s.header.Get("Content-Type"))
		require.Equal(t, "retry: 1000\n\n", s.text())

		w.histories.record("order/ord_1", "a", events[:34]...) // until the customer has to act
		pass(3 * time.Second)
		entries := named(s.messages(), "entry")
		require.Contains(t, entries[len(entries)-1].data, `"state":"waiting"`)
		require.Equal(t, "a:32", entries[len(entries)-1].id)

		for i, e := range events[34:40] { // the provider is asked again
			w.histories.record("order/ord_1", "a", e)
			synctest.Wait()
			require.Equal(t, i >= 4, slices.ContainsFunc(s.messages(), func(m message) bool { return m.id == "a:39" }), "at once")
		}
		w.histories.record("order/ord_1", "a", events[40:]...)
		synctest.Wait()
		require.False(t, s.answered(), "the order says that it is pending")
		w.become(order.Confirmed)
		pass(3 * time.Second)
		require.True(t, s.answered())
		all := s.messages()
		require.Equal(t, message{"a:62,end", "end", `{"order_id":"ord_1","status":"confirmed","saga":{"workflow_id":"","state":"completed"},"expired":false,"erased":false}`}, all[len(all)-1])
	})
}

// TestStreamGoesOn: who was cut off behind any event gets exactly the rest, who
// has it all is told not to come again, and an id that is none of ours gets all.
func TestStreamGoesOn(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, h http.Handler) {
		w.become(order.Rejected)
		w.histories.record("order/ord_1", "a", recorded(t, "place_order/r3/void_retried_with")...)
		w.histories.record("order/ord_1", "b", recorded(t, "place_order/r3/again_while_compensating")...)
		all := complete(listen(h, timeline1))
		require.Greater(t, len(all), 40)
		for i, m := range all[:len(all)-1] {
			require.Equal(t, all[i+1:], complete(listen(h, timeline1, "Last-Event-ID", m.id)), m.id)
		}
		s := listen(h, timeline1, "Last-Event-ID", all[len(all)-1].id)
		<-s.done
		require.Equal(t, http.StatusNoContent, s.status)
		for _, foreign := range []string{"1", "x:1", "nonsense, and more", "end"} {
			require.Equal(t, all, complete(listen(h, timeline1, "Last-Event-ID", foreign)))
		}
	})
}

// complete waits for a stream to end, and gives its events.
func complete(s *tape) []message {
	<-s.done
	return s.messages()
}

// TestStreamOfMany: of sagas that run at the same time each entry comes once,
// wherever the stream was cut, and also behind a timeline.
func TestStreamOfMany(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, h http.Handler) {
		w.become(order.Confirmed)
		w.given = []order.Refund{{ID: "rfd_1", Status: order.RefundDone}}
		ours, refund := recorded(t, "place_order/r3/commit_skipped"), recorded(t, "refund_order/r3/done")
		s := listen(h, timeline1)
		for i := range max(len(ours), len(refund)) { // both grow
			if i < len(ours) {
				w.histories.record("order/ord_1", "a", ours[i])
			}
			if i < len(refund) {
				w.histories.record("refund/rfd_1", "b", refund[i])
			}
			pass(11 * time.Second) // until the stream looks for other sagas
		}
		all := complete(s)
		require.Len(t, named(all, "end"), 1)
		entries := named(all, "entry")
		interleaved := slices.IndexFunc(entries, func(m message) bool { return m.id[0] == 'b' })
		require.Less(t, interleaved, len(entries)-20, "the refund's came while the order's saga ran")
		for i, m := range entries {
			rest := named(complete(listen(h, timeline1, "Last-Event-ID", m.id)), "entry")
			require.ElementsMatch(t, dataOf(entries[i+1:]), dataOf(rest), m.id)
		}
		cursor := shown(t, h).Cursor
		require.Empty(t, named(complete(listen(h, timeline1, "Last-Event-ID", cursor)), "entry"))
	})
}

func dataOf(all []message) (data []string) {
	for _, m := range all {
		data = append(data, m.data)
	}
	return data
}

// TestStreamShowsAttempts: what is being tried is told when it changes.
func TestStreamShowsAttempts(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, h http.Handler) {
		w.histories.try(&workflowpb.PendingActivityInfo{ActivityId: "24", Attempt: 1})
		w.histories.record("order/ord_1", "a", recorded(t, "place_order/r3/confirmed")[:24]...)
		s := listen(h, timeline1)
		pass(20 * time.Second)
		require.Len(t, named(s.messages(), "running"), 1)
		w.histories.try(&workflowpb.PendingActivityInfo{ActivityId: "24", Attempt: 2})
		pass(5 * time.Second)
		told := named(s.messages(), "running")
		require.Len(t, told, 2)
		require.Empty(t, told[1].id)
		require.JSONEq(t, `[{"workflow_id":"order/ord_1","step":"AuthorizePayment","service":"payment","attempt":2}]`, told[1].data)
		s.stop()
		<-s.done
	})
}

// TestStreamStaysAlive: the limits of a request are lifted, each write has its own,
// silence is broken, and after a while the client has to come again.
func TestStreamStaysAlive(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, h http.Handler) {
		w.histories.record("order/ord_1", "a", recorded(t, "place_order/r3/action_confirmed")[:34]...)
		s, begun := listen(h, timeline1), time.Now()
		pass(time.Minute)
		require.GreaterOrEqual(t, len(regexp.MustCompile(`(?m)^: ping$`).FindAllString(s.text(), -1)), 3)
		read, write := s.deadlines()
		require.True(t, read.IsZero(), "the server's limit for a request's body")
		require.WithinRange(t, write, time.Now().Add(-10*time.Second), time.Now().Add(10*time.Second))
		<-s.done
		require.Equal(t, 15*time.Minute, time.Since(begun))
		require.Empty(t, named(s.messages(), "end"))

		res, _ := call(h, http.MethodGet, "/metrics", "")
		sum := regexp.MustCompile(`duration_seconds_sum\{route="GET /v1/orders/\{order_id\}/timeline",status="200"\} (\S+)`).FindStringSubmatch(res.Body.String())
		took, err := strconv.ParseFloat(sum[1], 64)
		require.NoError(t, err)
		require.Less(t, took, 1.0, "until it began")
	})
}

// TestStreamRidesOut: Temporal and the order service may be away for a while.
func TestStreamRidesOut(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, h http.Handler) {
		events := recorded(t, "place_order/r3/confirmed")
		w.histories.record("order/ord_1", "a", events[:24]...)
		s := listen(h, timeline1)
		pass(5 * time.Second)
		w.histories.fail(fault.New(fault.Unavailable, "temporal_unavailable", "Temporal did not answer.").Because(errors.New("away")))
		pass(time.Minute)
		w.histories.record("order/ord_1", "a", events[24:]...)
		w.become(order.Confirmed)
		w.histories.fail(nil)
		pass(5 * time.Second)
		require.True(t, s.answered())
		require.Len(t, named(s.messages(), "entry"), 16)
		require.Len(t, named(s.messages(), "end"), 1)
	})
}

// TestStreamOfCut: a stream goes on behind a run that was cut off once the order
// was confirmed, with the run that follows it.
func TestStreamOfCut(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, h http.Handler) {
		events := recorded(t, "place_order/r3/confirmed")[:40]
		w.stand(order.Confirmed, order.SagaParked)
		w.histories.record("order/ord_1", "a", events...)
		s := listen(h, timeline1)
		pass(5 * time.Second)
		w.histories.record("order/ord_1", "a", cutOff(events[39]))
		pass(time.Minute)
		require.False(t, s.answered())
		w.histories.record("order/ord_1", "b", recorded(t, "place_order/r3/again_after_capture")...)
		w.become(order.Confirmed)
		all := complete(s)
		require.Equal(t, "end", all[len(all)-1].event)
		require.Contains(t, all[len(all)-2].id, "b:")
	})
}

// TestStreamHearsNothing: where Temporal is mute while a stream waits for the first
// time, what comes afterwards is told all the same.
func TestStreamHearsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, h http.Handler) {
		events := recorded(t, "place_order/r3/confirmed")
		w.histories.record("order/ord_1", "a", events[:24]...)
		w.histories.muffle(2)
		s := listen(h, timeline1)
		pass(10 * time.Second)
		w.histories.record("order/ord_1", "a", events[24:]...)
		w.become(order.Confirmed)
		pass(5 * time.Second)
		require.True(t, s.answered())
		require.Len(t, named(s.messages(), "entry"), 16)
		require.Len(t, named(s.messages(), "end"), 1)
	})
}

// TestStreamLosesNothing: where the history of one saga cannot be had, what the
// others have to tell comes all the same, once and in the end.
func TestStreamLosesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, h http.Handler) {
		w.become(order.Confirmed)
		w.given = []order.Refund{{ID: "rfd_1", Status: order.RefundDone}}
		ours, refund := recorded(t, "place_order/r3/confirmed"), recorded(t, "refund_order/r3/done")
		w.histories.record("order/ord_1", "a", ours[:36]...)
		w.histories.record("refund/rfd_1", "b", refund[:8]...)
		s := listen(h, timeline1)
		pass(5 * time.Second)
		w.histories.breaks("b")
		pass(5 * time.Second)
		w.histories.record("order/ord_1", "a", ours[36:]...)
		w.histories.record("refund/rfd_1", "b", refund[8:]...)
		pass(time.Minute)
		w.histories.breaks("")
		entries := named(complete(s), "entry")
		require.ElementsMatch(t, dataOf(named(complete(listen(h, timeline1)), "entry")), dataOf(entries))
	})
}

// TestStreamsOfAPrincipal: there may be so many, and who leaves makes room at once.
func TestStreamsOfAPrincipal(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, h http.Handler) {
		w.histories.record("order/ord_1", "a", recorded(t, "place_order/r3/action_confirmed")[:34]...)
		var open []*tape
		for range 20 {
			open = append(open, listen(h, timeline1))
		}
		synctest.Wait()
		res, out := call(h, http.MethodGet, timeline1, "", "Authorization", "Bearer skald_a", "Accept", "text/event-stream")
		require.Equal(t, http.StatusTooManyRequests, res.Code)
		require.Equal(t, "too_many_streams", out["code"])
		require.NotEmpty(t, res.Header().Get("Retry-After"))
		shown(t, h) // which is none

		other := listen(h, timeline1, "Authorization", "Bearer skald_o")
		open[0].stop()
		synctest.Wait()
		require.True(t, open[0].answered())
		require.Equal(t, 20, w.histories.waiting(), "nobody waits for who has gone")
		open = append(open[1:], other, listen(h, timeline1))
		synctest.Wait()
		for _, s := range open {
			require.Equal(t, http.StatusOK, s.status)
			s.stop()
			<-s.done
		}
		require.Zero(t, w.histories.waiting())
	})
}

// TestServerClosesStreams: a server that stops does not wait for them.
func TestServerClosesStreams(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	w.histories.record("order/ord_1", "a", recorded(t, "place_order/r3/action_confirmed")[:34]...)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	closed := make(chan error, 1)
	go func() { closed <- api.Serve(ctx, l, 10, h) }()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+l.Addr().String()+timeline1, http.NoBody)
	require.NoError(t, err)
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Authorization", "Bearer skald_a")
	res, err := http.DefaultClient.Do(r) // returns with the first flush
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	require.Equal(t, http.StatusOK, res.StatusCode)
	begun := time.Now()
	stop()
	require.NoError(t, <-closed)
	require.Less(t, time.Since(begun), 10*time.Second, "not when the server gives up on its requests")
}
