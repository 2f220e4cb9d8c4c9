package api_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/order"
)

const timeline1 = "/v1/orders/ord_1/timeline"

// shown reads a timeline.
func shown(t *testing.T, h http.Handler) (out api.Timeline) {
	t.Helper()
	res, _ := call(h, http.MethodGet, timeline1, "", bearer("skald_a")...)
	require.Equal(t, http.StatusOK, res.Code, res.Body)
	require.Equal(t, "application/json", res.Header().Get("Content-Type"))
	require.NoError(t, json.Unmarshal(res.Body.Bytes(), &out))
	return out
}

// TestTimeline: the steps of an order, of one that goes on and of one that ended.
func TestTimeline(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	events := recorded(t, "place_order/r3/confirmed")
	require.Empty(t, shown(t, h).Entries, "its saga was not started yet")

	w.histories.record("order/ord_1", "a", events[:24]...)
	w.histories.try(&workflowpb.PendingActivityInfo{ActivityId: "24", Attempt: 4})
	got := shown(t, h)
	require.False(t, got.Complete || got.Expired)
	require.Equal(t, order.Pending, got.Status)
	require.Len(t, got.Entries, 8)
	require.Equal(t, "started", string(got.Entries[7].Event))
	require.Equal(t, []api.RunningStep{{WorkflowID: "order/ord_1", Step: "AuthorizePayment", Service: "payment", Attempt: 4}}, got.Running)
	require.Equal(t, "a:24", got.Cursor)

	w.histories.record("order/ord_1", "a", events[24:]...)
	w.become(order.Confirmed)
	got = shown(t, h)
	require.True(t, got.Complete)
	require.Len(t, got.Entries, 16)
	require.Empty(t, got.Running)
	require.Equal(t, "a:45", got.Cursor)
}

// TestTimelineOfAll: a run that was cut off, the one that followed it, and a refund
// belong to one timeline.
func TestTimelineOfAll(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	w.become(order.Refunded)
	w.given = []order.Refund{{ID: "rfd_1", Status: order.RefundDone}}
	w.histories.record("order/ord_1", "a", recorded(t, "place_order/r3/confirmed")[:24]...)
	w.histories.record("order/ord_1", "b", recorded(t, "place_order/r3/again_after_capture")...)
	w.histories.record("refund/rfd_1", "c", recorded(t, "refund_order/r3/done")...)
	got, seen := shown(t, h), map[string]bool{}
	require.True(t, got.Complete, "what comes after a run that was cut off ends the saga")
	for _, e := range got.Entries {
		require.False(t, seen[e.ID], "ids are unique")
		seen[e.ID] = true
	}
	require.Contains(t, seen, "a:24")
	require.Contains(t, seen, "b:1")
	require.Contains(t, seen, "c:1")
	require.Equal(t, "c:19,b:56", got.Cursor, "where each saga was read to")

	w.given[0].Status = order.RefundRequested
	require.False(t, shown(t, h).Complete, "its saga is about to run again")
}

// TestTimelineOfCut: behind a run that was cut off once the order was confirmed,
// another one is to come.
func TestTimelineOfCut(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	events := recorded(t, "place_order/r3/confirmed")[:40]
	w.histories.record("order/ord_1", "a", append(events, cutOff(events[39]))...)
	for _, state := range []order.SagaState{order.SagaRunning, order.SagaParked} {
		w.stand(order.Confirmed, state)
		got := shown(t, h)
		require.Equal(t, "interrupted", string(got.Entries[len(got.Entries)-1].Event))
		require.False(t, got.Complete, state)
	}
	w.stand(order.Confirmed, order.SagaCompleted)
	require.True(t, shown(t, h).Complete)
}

// TestTimelineThatCannotBeHad: who may not see it, what is not kept any more, and
// who does not answer.
func TestTimelineThatCannotBeHad(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	res, foreign := call(h, http.MethodGet, timeline1, "", bearer("skald_b")...)
	require.Equal(t, http.StatusNotFound, res.Code)
	_, missing := call(h, http.MethodGet, "/v1/orders/ord_2/timeline", "", bearer("skald_b")...)
	require.Equal(t, missing["code"], foreign["code"])

	w.become(order.Confirmed)
	got := shown(t, h)
	require.True(t, got.Expired && got.Complete)
	require.Empty(t, got.Entries)

	w.histories.fail(fault.New(fault.Unavailable, "temporal_unavailable", "Temporal did not answer.").Because(errors.New("secret cause")))
	for _, accept := range []string{"application/json", "text/event-stream"} {
		res, out := call(h, http.MethodGet, timeline1, "", "Accept", accept)
		require.Equal(t, http.StatusServiceUnavailable, res.Code)
		require.Equal(t, "temporal_unavailable", out["code"])
	}
	res, out := call(h, http.MethodGet, timeline1, "", "Accept", "text/html")
	require.Equal(t, http.StatusNotAcceptable, res.Code)
	require.Equal(t, "not_acceptable", out["code"])
}

// TestAccept: which answer a client wants most.
func TestAccept(t *testing.T) {
	t.Parallel()
	const jsonType, stream = "application/json", "text/event-stream"
	for header, want := range map[string]string{
		"": jsonType, "*/*": jsonType, "application/json": jsonType, "application/*": jsonType, "text/event-stream": stream, "TEXT/Event-Stream": stream,
		"text/*": stream, "text/event-stream, application/json": jsonType, "text/event-stream, */*": stream, "*/*, text/event-stream": stream,
		"text/event-stream;q=0.5, application/json;q=0.4": stream, "text/event-stream;q=0.5, application/json": jsonType,
		"application/json;q=0, text/event-stream": stream, "application/json;q=0, */*;q=0.1": stream, "text/event-stream; charset=utf-8": stream,
		"text/html": "", "application/json;q=0": "", "application/json;q=much": "", ";;": "", "text/event-stream;q=0, text/html": "",
	} {
		require.Equal(t, want, api.Accepted(header, jsonType, stream), header)
	}
}
