package e2e_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/test/stack"
)

// entry is what happened, as a timeline shows it.
type entry struct {
	ID, Event, Step, Kind, Undoes, Service, Outcome, Code, State, Status string
	At                                                                   time.Time
	Attempt                                                              int
	Deadline                                                             *time.Time
	WorkflowID                                                           string `json:"workflow_id"`
}

// timeline is what the sagas of an order did.
type timeline struct {
	Status            string
	Complete, Expired bool
	Entries           []entry
	Running           []struct {
		Step    string
		Attempt int
		Code    string
	}
	Cursor string
}

func (b *bench) timeline(orderID string) (found timeline) {
	b.Helper()
	b.Decode(b.Want(http.MethodGet, "/v1/orders/"+orderID+"/timeline", nil, http.StatusOK), &found)
	return found
}

// completeTimeline waits for the timeline of an order of which nothing is to come.
func (b *bench) completeTimeline(orderID string) (found timeline) {
	b.Helper()
	require.Eventually(b, func() bool { found = b.timeline(orderID); return found.Complete }, 30*time.Second, 50*time.Millisecond)
	return found
}

// told are the steps of which an event is told, in order.
func (t timeline) told(event string) (steps []string) {
	for _, e := range t.Entries {
		if e.Event == event && e.Step != "" {
			steps = append(steps, e.Step)
		}
	}
	return steps
}

// streamed is an event of a stream.
type streamed struct {
	id, event string
	entry
}

// listener reads a stream.
type listener struct {
	*bench
	lines *bufio.Scanner
	hang  context.CancelFunc
}

// listen streams the timeline of an order, from an event on where one is given.
func (b *bench) listen(orderID, after string) *listener {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	b.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.URL+"/v1/orders/"+orderID+"/timeline", http.NoBody)
	require.NoError(b, err)
	r.Header.Set("Authorization", "Bearer "+b.Key)
	r.Header.Set("Accept", "text/event-stream")
	if after != "" {
		r.Header.Set("Last-Event-ID", after)
	}
	res, err := b.HTTP.Do(r)
	require.NoError(b, err)
	b.Cleanup(func() { _ = res.Body.Close() })
	require.Equal(b, http.StatusOK, res.StatusCode)
	require.Equal(b, "text/event-stream", res.Header.Get("Content-Type"))
	return &listener{bench: b, lines: bufio.NewScanner(res.Body), hang: cancel}
}

// next waits for an entry, or for the end of the stream.
func (l *listener) next() (e streamed) {
	l.Helper()
	for l.lines.Scan() {
		name, value, _ := strings.Cut(l.lines.Text(), ": ")
		switch {
		case name == "id":
			e.id = value
		case name == "event":
			e.event = value
		case name == "data" && e.event == "entry":
			require.NoError(l, json.Unmarshal([]byte(value), &e.entry))
		case name == "" && (e.event == "entry" || e.event == "end"):
			return e
		case name == "":
			e = streamed{}
		}
	}
	require.NoError(l, l.lines.Err())
	require.Fail(l, "the stream ended without its end")
	return e
}

// until reads until an entry is as wanted, and gives all with it.
func (l *listener) until(want func(streamed) bool) (all []streamed) {
	l.Helper()
	for {
		e := l.next()
		all = append(all, e)
		if want(e) {
			return all
		}
	}
}

func isEnd(e streamed) bool { return e.event == "end" }

// TestTimelineOfConfirmed: every step of an order, as often as it was tried.
func TestTimelineOfConfirmed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.Buy(b.Basket(b.Product(1999, 10), 1, visa), http.StatusCreated).OrderID()
	found := b.completeTimeline(id)
	require.Equal(t, "confirmed", found.Status)
	require.False(t, found.Expired)
	require.Empty(t, found.Running)
	steps := []string{"CheckCustomer", "QuoteOrder", "ReserveStock", "AuthorizePayment", "CapturePayment", "CommitStock"}
	require.Equal(t, steps, found.told("started"))
	require.ElementsMatch(t, append(steps, "ConfirmOrder"), found.told("succeeded"))
	require.Equal(t, []string{"AuthorizePayment", "CapturePayment"}, slices.DeleteFunc(found.told("succeeded"), func(s string) bool { return !strings.HasSuffix(s, "Payment") }))
	last := found.Entries[len(found.Entries)-1]
	require.Equal(t, []string{"ended", "completed", "confirmed"}, []string{last.Event, last.State, last.Outcome})
	for _, e := range found.Entries {
		require.WithinDuration(t, time.Now(), e.At, time.Minute)
		require.Equal(t, "order/"+id, e.WorkflowID)
		require.True(t, e.Step == "" || e.Kind != "", e.Step)
		require.LessOrEqual(t, e.Attempt, 1)
	}
	other := stack.Shop{URL: b.URL, Key: b.Stack.APIKeys["bob"], HTTP: b.HTTP}
	a, err := other.Do(context.Background(), http.MethodGet, "/v1/orders/"+id+"/timeline", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, a.Status, "another's is as missing")

	// Its refund belongs to it.
	b.AskRefund(id, map[string]any{"reason": "came too late"})
	require.Eventually(t, func() bool { return b.timeline(id).Status == "refunded" }, 30*time.Second, 50*time.Millisecond)
	found = b.completeTimeline(id)
	require.Equal(t, append(steps, "RefundPayment", "ReturnStock"), found.told("started"))
	require.Contains(t, found.Entries[len(found.Entries)-1].WorkflowID, "refund/rfd_")
}

// TestTimelineOfRejected: what was refused, and the compensations in reverse.
func TestTimelineOfRejected(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.Buy(b.Basket(b.Product(1999, 10), 1, declined), http.StatusPaymentRequired).OrderID()
	found := b.completeTimeline(id)
	require.Equal(t, []string{"AuthorizePayment"}, found.told("refused"))
	var undone []string
	for _, e := range found.Entries {
		if e.Event == "refused" {
			require.Equal(t, "payment_declined", e.Code)
		}
		if e.Event == "succeeded" && e.Kind == "compensation" {
			undone = append(undone, e.Step+" undoes "+e.Undoes)
		}
	}
	require.Equal(t, []string{"VoidPayment undoes AuthorizePayment", "ReleaseStock undoes ReserveStock"}, undone)
}

// TestTimelineStreams: an order that waits for its customer is seen waiting, then
// confirmed; who is cut off in the middle gets exactly the rest.
func TestTimelineStreams(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.Buy(b.Basket(b.Product(2500, 4), 1, authenticated), http.StatusAccepted)
	live := b.listen(a.Order.ID, "")
	all := live.until(func(e streamed) bool { return e.State == "waiting" })
	waits := all[len(all)-1]
	require.Equal(t, []string{"AuthorizePayment", "awaiting_payment"}, []string{waits.Step, waits.Status})
	require.WithinDuration(t, a.Order.NextAction.ExpiresAt, *waits.Deadline, time.Second)

	acted := time.Now()
	b.Act(a.Order, "complete")
	all = append(all, live.until(isEnd)...)
	require.Less(t, time.Since(acted), 20*time.Second, "as it happens")
	require.False(t, live.lines.Scan(), "the stream ends behind its end")

	known := b.completeTimeline(a.Order.ID)
	require.Equal(t, "confirmed", known.Status)
	require.Len(t, known.Entries, len(all)-1)
	for i, e := range known.Entries {
		require.Equal(t, e, all[i].entry)
	}
	for _, i := range []int{0, len(all) / 2, len(all) - 2} {
		cut := b.listen(a.Order.ID, "")
		for range i {
			cut.next()
		}
		at := cut.next()
		cut.hang()
		require.Equal(t, all[i+1:], b.listen(a.Order.ID, at.id).until(isEnd))
	}
	require.Equal(t, all[len(all)-1:], b.listen(a.Order.ID, known.Cursor).until(isEnd))
	done := b.Want(http.MethodGet, "/v1/orders/"+a.Order.ID+"/timeline", nil, http.StatusNoContent, "Accept", "text/event-stream", "Last-Event-ID", all[len(all)-1].id)
	require.Empty(t, done.Body)
}

// TestTimelineOfTroubles: a step that was tried more than once tells by which
// attempt and why; a run that goes on from a point of another one tells what came
// since, and nothing twice.
func TestTimelineOfTroubles(t *testing.T) {
	t.Parallel()
	b := own(t)
	product := b.Product(900, 10)
	b.Fault(map[string]any{"operation": "authorize", "kind": "error_before", "calls": 2})
	found := b.completeTimeline(b.Buy(b.Basket(product, 1, visa), http.StatusCreated).OrderID())
	require.Empty(t, b.FaultsLeft(), "else the test shows nothing")
	require.Equal(t, []string{"AuthorizePayment"}, found.told("retried"))
	for _, e := range found.Entries {
		switch {
		case e.Event == "retried":
			require.Equal(t, 3, e.Attempt)
			require.Equal(t, "provider_unavailable", e.Code)
		case e.Event == "succeeded" && e.Step == "AuthorizePayment":
			require.Equal(t, 3, e.Attempt)
		}
	}
	b.requireResetTold(b.Temporal(), product)
}

func (b *bench) requireResetTold(c client.Client, product string) {
	b.Helper()
	a := b.Buy(b.Basket(product, 1, authenticated), http.StatusAccepted)
	live := b.listen(a.Order.ID, "")
	all := live.until(func(e streamed) bool { return e.State == "waiting" })
	_, err := c.ResetWorkflowExecution(context.Background(), &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: "default", WorkflowExecution: &common.WorkflowExecution{WorkflowId: "order/" + a.Order.ID}, Reason: "a test",
		WorkflowTaskFinishEventId: 4, RequestId: "reset " + a.Order.ID,
	})
	require.NoError(b, err)
	b.Act(a.Order, "complete")
	all = append(all, live.until(isEnd)...)
	var seen, ids []string
	for _, e := range all[:len(all)-1] {
		seen = append(seen, e.Event)
		require.NotContains(b, ids, e.ID)
		ids = append(ids, e.ID)
	}
	cut := slices.Index(seen, "interrupted")
	require.Positive(b, cut)
	require.Equal(b, "reset", seen[cut+1], "what it has of the run before is told there")
	require.Equal(b, "ended", seen[len(seen)-1])
	found := b.completeTimeline(a.Order.ID)
	require.Equal(b, "confirmed", found.Status)
	require.Len(b, found.Entries, len(ids))
	require.Equal(b, all[cut+1:], b.listen(a.Order.ID, all[cut].id).until(isEnd), "from one run to the other")
}
