package api_test

import (
	"context"
	"encoding/binary"
	"maps"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/order"
)

// fakeHistories are histories in memory.
type fakeHistories struct {
	mu      sync.Mutex
	runs    map[string][]string // by workflow id
	events  map[string][]*historypb.HistoryEvent
	pending []*workflowpb.PendingActivityInfo
	err     error
	broken  string         // a run whose events cannot be had
	waits   int            // who waits for events
	mute    int            // how many who wait hear nothing, whatever happens
	slow    time.Duration  // what a question for runs takes
	asked   map[string]int // how often it was put, by workflow id
	changed chan struct{}
}

func newFakeHistories() *fakeHistories {
	return &fakeHistories{runs: map[string][]string{}, events: map[string][]*historypb.HistoryEvent{}, asked: map[string]int{}, changed: make(chan struct{})}
}

// record adds events to a run, which may be new.
func (f *fakeHistories) record(workflowID, run string, events ...*historypb.HistoryEvent) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.events[run]; !known {
		f.runs[workflowID] = append(f.runs[workflowID], run)
	}
	f.events[run] = append(f.events[run], events...)
	close(f.changed)
	f.changed = make(chan struct{})
}

// fail makes every question fail; nil: none any more.
func (f *fakeHistories) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

// breaks makes the questions for one run's events fail; empty: for none any more.
func (f *fakeHistories) breaks(run string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken = run
}

// try tells what is being tried.
func (f *fakeHistories) try(pending ...*workflowpb.PendingActivityInfo) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending = pending
}

// muffle lets so many who wait hear nothing.
func (f *fakeHistories) muffle(waits int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mute = waits
}

// take lets each question for runs take so long.
func (f *fakeHistories) take(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.slow = d
}

// questions are how often a saga's runs were asked for, by workflow id.
func (f *fakeHistories) questions() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.asked)
}

// waiting counts those who wait.
func (f *fakeHistories) waiting() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.waits
}

func (f *fakeHistories) Runs(ctx context.Context, workflowID string) ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked[workflowID]++
	if slow := f.slow; slow > 0 {
		f.mu.Unlock()
		select {
		case <-time.After(slow):
		case <-ctx.Done():
		}
		f.mu.Lock()
	}
	if ctx.Err() != nil {
		return nil, errMute
	}
	return append([]string{}, f.runs[workflowID]...), f.err
}

func (f *fakeHistories) Pending(context.Context, string, string) ([]*workflowpb.PendingActivityInfo, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pending, f.err
}

// errMute is what is said where Temporal does not answer.
var errMute = fault.New(fault.Unavailable, "temporal_unavailable", "Temporal did not answer.")

// historyWait is how long the real ones wait.
const historyWait = 2 * time.Second

func (f *fakeHistories) Events(ctx context.Context, _, run string, from []byte, wait bool) (api.EventPage, error) {
	at := 0
	if len(from) > 0 {
		at = int(binary.BigEndian.Uint64(from))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if wait && f.mute > 0 {
		f.mute--
		f.mu.Unlock()
		<-time.After(historyWait)
		f.mu.Lock()
		return api.EventPage{Next: from}, nil
	}
	if wait && f.err == nil && at == len(f.events[run]) {
		changed := f.changed
		f.waits++
		f.mu.Unlock()
		select {
		case <-changed:
		case <-time.After(historyWait):
		case <-ctx.Done():
		}
		f.mu.Lock()
		f.waits--
	}
	all := f.events[run]
	switch {
	case f.err != nil:
		return api.EventPage{}, f.err
	case run == f.broken:
		return api.EventPage{}, errMute
	case ctx.Err() != nil:
		return api.EventPage{}, ctx.Err()
	case !wait:
		return api.EventPage{Events: all[at:]}, nil
	case len(all) > 0 && closes(all[len(all)-1]):
		return api.EventPage{Events: all[at:], Ended: true}, nil
	default:
		return api.EventPage{Events: all[at:], Next: binary.BigEndian.AppendUint64(nil, uint64(len(all)))}, nil
	}
}

// closes tells the last event of a run.
func closes(e *historypb.HistoryEvent) bool {
	return e.GetWorkflowExecutionCompletedEventAttributes() != nil || e.GetWorkflowExecutionTerminatedEventAttributes() != nil
}

// recorded is the history of a recorded run.
func recorded(t *testing.T, name string) []*historypb.HistoryEvent {
	t.Helper()
	f, err := os.Open("../workflows/testdata/histories/" + name + ".json")
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	h, err := client.HistoryFromJSON(f, client.HistoryJSONOptions{})
	require.NoError(t, err)
	return h.GetEvents()
}

// become changes the order's status while somebody looks; with it its saga ends.
func (w *world) become(status order.Status) { w.stand(status, order.SagaCompleted) }

// stand changes how the order and its saga stand while somebody looks.
func (w *world) stand(status order.Status, state order.SagaState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.order.Status, w.order.Saga.State = status, state
}

// cutOff is the event of a run that was terminated behind another event.
func cutOff(behind *historypb.HistoryEvent) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{
		EventId: behind.EventId + 1, EventTime: behind.EventTime, EventType: enums.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionTerminatedEventAttributes{
			WorkflowExecutionTerminatedEventAttributes: &historypb.WorkflowExecutionTerminatedEventAttributes{},
		},
	}
}

func (f fakeOrders) ListRefunds(context.Context, string) ([]order.Refund, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.given), nil
}

// refundDone decides a refund while somebody looks.
func (w *world) refundDone(i int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.given[i].Status = order.RefundDone
}
