package api

import (
	"context"
	"math"
	"slices"

	historypb "go.temporal.io/api/history/v1"

	"github.com/skaldhq/skald/api/timeline"
	"github.com/skaldhq/skald/services/order"
)

// trail follows the sagas of one order: its own, and those of its refunds. Nothing
// it gives is given twice, nor what whoever asks has already.
type trail struct {
	config Config
	order  order.Order
	open   bool             // a refund is under way
	lanes  []*lane          // the order's saga first, then those of its refunds, oldest first
	had    map[string]int64 // the last event that was had before, by run
	cursor timeline.Cursor
}

// lane is the runs of one saga, oldest first. The last one may go on; each that
// comes before it has ended.
type lane struct {
	workflowID string
	runs       []*track
}

// track is one run, as far as it was read.
type track struct {
	*timeline.Run
	had   int64  // the last event that was had before
	next  []byte // where to go on waiting; nil: nothing came of waiting yet
	begun bool
	gone  bool // Temporal has no more of it
}

// step is an entry, and where somebody goes on that has it.
type step struct {
	entry  TimelineEntry
	cursor string
}

// newTrail follows the sagas of an order from a cursor on, or from their begin.
func (c Config) newTrail(ctx context.Context, o order.Order, from string) (*trail, error) {
	t := &trail{config: c, order: o, had: timeline.Marks(from)}
	return t, t.look(ctx, false)
}

// look finds out which sagas there are, which runs they have, and how the order
// stands, where it may have changed.
func (t *trail) look(ctx context.Context, again bool) error {
	if again {
		o, err := t.config.Orders.Get(ctx, t.order.ID)
		if err != nil {
			return err
		}
		t.order = o
	}
	refunds, err := t.config.Orders.ListRefunds(ctx, t.order.ID)
	if err != nil {
		return err
	}
	sagas := []string{order.WorkflowID(t.order.ID)}
	t.open = false
	for _, r := range refunds {
		sagas = append(sagas, order.RefundWorkflowID(r.ID))
		t.open = t.open || r.Status == order.RefundRequested
	}
	for _, id := range sagas {
		if err := t.lane(id).look(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// lane is that of a saga, which may be new.
func (t *trail) lane(workflowID string) *lane {
	i := slices.IndexFunc(t.lanes, func(l *lane) bool { return l.workflowID == workflowID })
	if i < 0 {
		i, t.lanes = len(t.lanes), append(t.lanes, &lane{workflowID: workflowID})
	}
	return t.lanes[i]
}

// look adds the runs that came since. While one goes on there is none after it.
func (l *lane) look(ctx context.Context, t *trail) error {
	if len(l.runs) > 0 && !l.last().over() {
		return nil
	}
	runs, err := t.config.Histories.Runs(ctx, l.workflowID)
	if err != nil {
		return err
	}
	known := 0
	if len(l.runs) > 0 {
		known = slices.Index(runs, l.last().ID) + 1
	}
	for i := known; i < len(runs); i++ {
		run := &track{Run: t.config.reader.Run(l.workflowID, runs[i], runs[:i]...), had: t.had[runs[i]]}
		l.runs = append(l.runs, run)
		if run.had == 0 {
			continue
		}
		t.cursor.Reach(l.workflowID, run.ID, run.had)
		for _, before := range l.runs[:len(l.runs)-1] {
			before.had = math.MaxInt64 // all of it
		}
	}
	return nil
}

func (l *lane) last() *track { return l.runs[len(l.runs)-1] }

func (r *track) over() bool { return r.gone || r.Closed() }

// running are the runs that may go on.
func (t *trail) running() (all []*track) {
	for _, l := range t.lanes {
		if len(l.runs) > 0 && !l.last().over() {
			all = append(all, l.last())
		}
	}
	return all
}

// complete tells that nothing is to come: the order is decided, its saga came to
// its end, and no saga of it runs or is about to. A run that was cut off behind the
// order's decision ends no saga: another one follows it.
func (t *trail) complete() bool {
	return t.order.Status.Decided() && t.order.Saga.State.Ended() && !t.open && !t.cancelling() && len(t.running()) == 0
}

// cancelling tells that the order is confirmed and about to be refunded.
func (t *trail) cancelling() bool {
	wish := t.order.Cancellation
	return t.order.Status == order.Confirmed && wish != nil && wish.Refusal == ""
}

// expired tells that the order's saga has ended so long ago that Temporal has
// forgotten it.
func (t *trail) expired() bool {
	return t.order.Status.Decided() && len(t.lanes[0].runs) == 0
}

// read gives what there is that was not given yet, by time where several sagas
// have some.
func (t *trail) read(ctx context.Context) (steps []step, err error) {
	found := map[*track][]*historypb.HistoryEvent{}
	for _, l := range t.lanes {
		for _, run := range l.runs {
			if run.begun && run.over() {
				continue
			}
			if found[run], err = t.events(ctx, run); err != nil {
				return nil, err // before anything counts as given
			}
		}
	}
	queues := make([][]timeline.Item, len(t.lanes))
	for i, l := range t.lanes {
		for _, run := range l.runs {
			if events, asked := found[run]; asked {
				run.begun, run.gone = true, len(events) == 0
				queues[i] = append(queues[i], run.fresh(events)...)
			}
		}
	}
	for _, item := range merged(queues) {
		steps = append(steps, t.reach(item))
	}
	return steps, nil
}

// merged takes of the heads of the queues the earliest, again and again: each
// queue keeps its sequence.
func merged(queues [][]timeline.Item) (all []timeline.Item) {
	for {
		earliest := -1
		for i, queue := range queues {
			if len(queue) > 0 && (earliest < 0 || queue[0].At.Before(queues[earliest][0].At)) {
				earliest = i
			}
		}
		if earliest < 0 {
			return all
		}
		all = append(all, queues[earliest][0])
		queues[earliest] = queues[earliest][1:]
	}
}

// events are all of a run, for those that were read are not told again.
func (t *trail) events(ctx context.Context, run *track) (all []*historypb.HistoryEvent, err error) {
	var from []byte
	for {
		page, err := t.config.Histories.Events(ctx, run.WorkflowID, run.ID, from, false)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Events...)
		if from = page.Next; len(from) == 0 {
			return all, nil
		}
	}
}

// await is read, but waits for the first of the runs that may go on where there is
// nothing yet: for as long as historyWait.
func (t *trail) await(ctx context.Context) (steps []step, err error) {
	running := t.running()
	if len(running) != 1 || t.unread() {
		if steps, err = t.read(ctx); err != nil || len(steps) > 0 {
			return steps, err
		}
		if running = t.running(); len(running) == 0 {
			return nil, nil
		}
	}
	run := running[0]
	page, err := t.config.Histories.Events(ctx, run.WorkflowID, run.ID, run.next, true)
	if err != nil {
		run.next = nil // a position may not outlast what Temporal went through
		return nil, err
	}
	run.next, run.gone = page.Next, page.Ended
	for _, item := range run.fresh(page.Events) {
		steps = append(steps, t.reach(item))
	}
	return steps, nil
}

// unread tells that there is a run of which nothing was read.
func (t *trail) unread() bool {
	return slices.ContainsFunc(t.lanes, func(l *lane) bool {
		return slices.ContainsFunc(l.runs, func(run *track) bool { return !run.begun })
	})
}

// fresh are the entries of events that were not had before.
func (r *track) fresh(events []*historypb.HistoryEvent) []timeline.Item {
	return slices.DeleteFunc(r.Read(events), func(item timeline.Item) bool { return item.EventID <= r.had })
}

// reach moves the cursor to an entry.
func (t *trail) reach(item timeline.Item) step {
	t.cursor.Reach(item.WorkflowID, item.RunID, item.EventID)
	return step{entry: TimelineEntry(item.Entry), cursor: t.cursor.String()}
}

// trying tells of the steps that are being tried.
func (t *trail) trying(ctx context.Context) (all []RunningStep, err error) {
	all = []RunningStep{}
	for _, run := range t.running() {
		if !run.Busy() {
			continue
		}
		pending, err := t.config.Histories.Pending(ctx, run.WorkflowID, run.ID)
		if err != nil {
			return nil, err
		}
		for _, p := range pending {
			if running, ok := run.Running(p); ok {
				all = append(all, RunningStep(running))
			}
		}
	}
	return all, nil
}
