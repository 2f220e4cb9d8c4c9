package timeline_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	sdkpb "go.temporal.io/api/sdk/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/skaldhq/skald/api/timeline"
)

// line is an entry in one line.
func line(e timeline.Entry) string {
	words := []string{string(e.Event), e.Step}
	if e.Activity != "" {
		words = append(words, "by "+e.Activity)
	}
	if e.Undoes != "" {
		words = append(words, "undoes "+e.Undoes)
	}
	if e.Attempt > 1 {
		words = append(words, fmt.Sprint("attempt ", e.Attempt))
	}
	words = append(words, string(e.State), string(e.Status), string(e.Decision), e.Outcome, e.Code)
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

// stage are the steps before the money, as they are in every order that has them.
const stage = `state_changed running pending
started CheckCustomer
started QuoteOrder
started ReserveStock
`

// TestTimelines: what the timeline of a run says, for each way to end.
func TestTimelines(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"place_order/r3/confirmed": stage + `succeeded CheckCustomer
succeeded ReserveStock reserved
succeeded QuoteOrder
started AuthorizePayment
succeeded AuthorizePayment authorized
started CapturePayment
succeeded CapturePayment captured
started CommitStock
succeeded ConfirmOrder by TransitionOrder confirmed
succeeded CommitStock sold
state_changed completed confirmed
ended completed confirmed`,
		"place_order/r3/payment_declined": stage + `succeeded CheckCustomer
succeeded QuoteOrder
succeeded ReserveStock reserved
started AuthorizePayment
refused AuthorizePayment payment_declined
state_changed AuthorizePayment compensating pending payment_declined
started VoidPayment undoes AuthorizePayment
succeeded VoidPayment undoes AuthorizePayment declined
started ReleaseStock undoes ReserveStock
succeeded ReleaseStock undoes ReserveStock released
succeeded CloseOrder by TransitionOrder rejected
state_changed compensated rejected
ended compensated rejected`,
		"place_order/r3/void_skipped": stage + `succeeded CheckCustomer
succeeded QuoteOrder
succeeded ReserveStock reserved
started AuthorizePayment
succeeded AuthorizePayment requires_action
state_changed AuthorizePayment waiting awaiting_payment
cancel_requested
state_changed AuthorizePayment compensating awaiting_payment cancelled
started VoidPayment undoes AuthorizePayment
retried VoidPayment undoes AuthorizePayment attempt 13 provider_unavailable
failed VoidPayment undoes AuthorizePayment attempt 13 provider_unavailable
state_changed VoidPayment undoes AuthorizePayment parked awaiting_payment provider_unavailable
resolved VoidPayment undoes AuthorizePayment skip
state_changed VoidPayment undoes AuthorizePayment compensating awaiting_payment provider_unavailable
started ReleaseStock undoes ReserveStock
succeeded ReleaseStock undoes ReserveStock released
succeeded CloseOrder by TransitionOrder cancelled
state_changed compensated cancelled
ended compensated cancelled`,
		"refund_order/r3/refused": `state_changed running
started RefundPayment
refused RefundPayment refund_failed
state_changed RefundPayment compensating refund_failed
succeeded RefuseRefund by FinishRefund refused
state_changed compensated
ended compensated refused`,
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			var said []string
			for _, item := range newRun(t).Read(recorded(t, filepath.Join(histories, file+".json"))) {
				said = append(said, line(item.Entry))
				// The customer has as long as the deadline of the saga.
				waits := item.State == "waiting"
				require.Equal(t, waits, item.Deadline != nil && item.Deadline.After(item.At))
			}
			require.Equal(t, want, strings.Join(said, "\n"))
		})
	}
}

// TestErased: of a run that was erased with its user, the steps are told that are
// legible, and nothing of what they came to.
func TestErased(t *testing.T) {
	t.Parallel()
	const file = "place_order/r3/confirmed.json"
	whole, run := newRun(t), newRun(t)
	whole.Read(recorded(t, filepath.Join(histories, file)))
	require.False(t, whole.Erased())

	events := recorded(t, filepath.Join(histories, file))
	for _, e := range events {
		require.NoError(t, proxy.VisitPayloads(t.Context(), e, proxy.VisitPayloadsOptions{
			SkipSearchAttributes: true,
			Visitor: func(ctx *proxy.VisitPayloadsContext, all []*commonpb.Payload) ([]*commonpb.Payload, error) {
				if _, legible := ctx.Parent.(*sdkpb.UserMetadata); legible {
					return all, nil
				}
				return []*commonpb.Payload{{Metadata: map[string][]byte{"encoding": []byte("binary/erased")}}}, nil
			},
		}))
	}
	steps := map[string]bool{}
	for _, item := range run.Read(events) {
		require.Empty(t, item.Outcome)
		steps[string(item.Event)+" "+item.Step] = true
	}
	require.True(t, run.Erased())
	require.True(t, steps["succeeded CapturePayment"])
}

// TestReset: a run that goes on from a point of another one begins with the events
// of that. They are told there, as long as it is kept.
func TestReset(t *testing.T) {
	t.Parallel()
	events := recorded(t, filepath.Join(histories, "place_order/r3/confirmed.json"))[:28]
	events = append(events, &historypb.HistoryEvent{
		EventId: 29, EventTime: timestamppb.Now(), EventType: enums.EVENT_TYPE_WORKFLOW_TASK_FAILED,
		Attributes: &historypb.HistoryEvent_WorkflowTaskFailedEventAttributes{WorkflowTaskFailedEventAttributes: &historypb.WorkflowTaskFailedEventAttributes{
			Cause: enums.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW, BaseRunId: "base", NewRunId: "run",
		}},
	})
	items := newRun(t, "other", "base").Read(events)
	require.Len(t, items, 1)
	require.Equal(t, timeline.Reset, items[0].Event)
	require.Len(t, newRun(t, "other").Read(events), 10, "with what nobody else tells")
}

// TestCut: a run that was terminated says so, and waits for nothing.
func TestCut(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.Read(recorded(t, filepath.Join(histories, "place_order/r3/confirmed.json"))[:8])
	require.True(t, run.Busy())
	items := run.Read([]*historypb.HistoryEvent{{
		EventId: 9, EventTime: timestamppb.Now(), EventType: enums.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionTerminatedEventAttributes{WorkflowExecutionTerminatedEventAttributes: &historypb.WorkflowExecutionTerminatedEventAttributes{Reason: "by hand"}},
	}})
	require.Len(t, items, 1)
	require.Equal(t, "interrupted running terminated", line(items[0].Entry))
	require.True(t, run.Closed())
	require.False(t, run.Busy())
}

// TestRunning: what is being tried, of which no history tells before it ends.
func TestRunning(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.Read(recorded(t, filepath.Join(histories, "place_order/r3/confirmed.json"))[:24])
	next := timestamppb.Now()
	found, ok := run.Running(&workflowpb.PendingActivityInfo{
		ActivityId: "24", ActivityType: &commonpb.ActivityType{Name: "AuthorizePayment"}, Attempt: 3,
		State: enums.PENDING_ACTIVITY_STATE_SCHEDULED, NextAttemptScheduleTime: next,
		LastFailure: &failurepb.Failure{Message: "a text", FailureInfo: &failurepb.Failure_ApplicationFailureInfo{
			ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Type: "provider_unavailable"},
		}},
	})
	require.True(t, ok)
	at := next.AsTime()
	require.Equal(t, timeline.Running{
		WorkflowID: "order/ord_1", Step: "AuthorizePayment", Service: "payment", Attempt: 3, Code: "provider_unavailable", NextAt: &at,
	}, found)
	_, ok = run.Running(&workflowpb.PendingActivityInfo{ActivityId: "99"})
	require.False(t, ok)
}

// TestCursor: its text is the last entry's id, and names where each saga was read
// to. What is none names nothing.
func TestCursor(t *testing.T) {
	t.Parallel()
	var c timeline.Cursor
	require.Empty(t, c.String())
	c.Reach("order/ord_1", "a", 7)
	require.Equal(t, "a:7", c.String())
	c.Reach("refund/rfd_1", "b", 3)
	require.Equal(t, "b:3,a:7", c.String())
	c.Reach("order/ord_1", "c", 1) // which ran again
	require.Equal(t, "c:1,b:3", c.String())
	require.Equal(t, map[string]int64{"c": 1, "b": 3}, timeline.Marks(c.String()+",end"))
	for _, text := range []string{"", "nonsense", "a:", "a:-1", "a:x", ",,:"} {
		require.Empty(t, timeline.Marks(text), text)
	}
}
