package timeline

import (
	"slices"
	"time"

	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/skaldhq/skald/workflows"
	"github.com/skaldhq/skald/workflows/saga"
)

// Reader knows the sagas whose histories it reads.
type Reader struct {
	parts map[string][]saga.Part // by the saga's name
}

// NewReader returns a reader of the sagas of orders.
func NewReader() (*Reader, error) {
	parts, err := workflows.Parts()
	return &Reader{parts: parts}, err
}

// Run is one run of a saga, as far as its history was read.
type Run struct {
	ID         string
	WorkflowID string

	reader  *Reader
	earlier []string // the runs of the saga before this one
	parts   []saga.Part
	open    map[int64]*action  // the activities that have not ended, by the event that scheduled them
	codes   map[string]string  // of the last failure, by step
	asked   map[int64]struct{} // the operators' decisions under way, by the event that took them
	state   saga.State
	at      string // the step of the state
	turned  string // why it has to turn back, where no step failed
	timer   deadline
	seen    int64
	closed  bool
	erased  bool
}

// deadline is the timer that watches the saga's.
type deadline struct {
	event int64
	at    time.Time
}

// Run begins to read a run; earlier are those of the same saga before it.
func (r *Reader) Run(workflowID, runID string, earlier ...string) *Run {
	return &Run{
		ID: runID, WorkflowID: workflowID, reader: r, earlier: earlier,
		open: map[int64]*action{}, codes: map[string]string{}, asked: map[int64]struct{}{},
	}
}

// Item is an entry, and the event of a run that it was made of.
type Item struct {
	Entry
	RunID   string
	EventID int64
}

// Read gives the entries of a run's next events, none of those it has read. The
// first ones have to hold all that there is: a run that follows a reset begins
// with what it has from the run before, which is told there.
func (r *Run) Read(events []*historypb.HistoryEvent) (items []Item) {
	told := int64(0)
	if r.seen == 0 {
		told = r.inherited(events)
	}
	for _, e := range events {
		if e.GetEventId() <= r.seen {
			continue
		}
		r.seen = e.GetEventId()
		entry, ok := r.read(e)
		if !ok || r.seen <= told {
			continue
		}
		entry.ID, entry.At, entry.WorkflowID = entryID(r.ID, r.seen), e.GetEventTime().AsTime(), r.WorkflowID
		items = append(items, Item{Entry: r.describe(entry), RunID: r.ID, EventID: r.seen})
	}
	return items
}

// inherited is the last event that a reset copied from a run which is still kept.
func (r *Run) inherited(events []*historypb.HistoryEvent) (last int64) {
	for _, e := range events {
		a := e.GetWorkflowTaskFailedEventAttributes()
		if a.GetCause() == enums.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW && slices.Contains(r.earlier, a.GetBaseRunId()) {
			last = e.GetEventId() - 1
		}
	}
	return last
}

// Closed tells that the run has ended.
func (r *Run) Closed() bool { return r.closed }

// Erased tells that what the run was given was erased with its user: what its
// steps came to, nobody knows any more.
func (r *Run) Erased() bool { return r.erased }

// Busy tells that the run waits for activities.
func (r *Run) Busy() bool { return len(r.open) > 0 }

// Running tells of an activity that has not ended; not ok: the history that was
// read does not know it.
func (r *Run) Running(p *workflowpb.PendingActivityInfo) (running Running, ok bool) {
	for _, a := range r.open {
		if a.id != p.GetActivityId() {
			continue
		}
		running = Running{WorkflowID: r.WorkflowID, Step: a.entry.Step, Service: a.entry.Service, Attempt: max(p.GetAttempt(), 1)}
		if f := p.GetLastFailure(); f != nil {
			_, running.Code = failure(f)
		}
		if next := p.GetNextAttemptScheduleTime(); next != nil && p.GetState() == enums.PENDING_ACTIVITY_STATE_SCHEDULED {
			at := next.AsTime()
			running.NextAt = &at
		}
		return running, true
	}
	return running, false
}

// describe adds what the saga's definition says of the entry's step.
func (r *Run) describe(e Entry) Entry {
	for _, p := range r.parts {
		if p.Name == e.Step {
			e.Kind, e.Undoes = p.Kind, p.Undoes
		}
	}
	return e
}
