package api

import (
	"context"
	"math"
	"slices"

	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/skaldhq/skald/api/timeline"
	"github.com/skaldhq/skald/services/order"
)

// trail follows the sagas of one order: its own, and those of its newest refunds. Nothing
// it gives is given twice, nor what whoever asks has already.
type trail struct {
	config Config
	order  order.Order
	open   bool             // a refund is under way
	lanes  []*lane          // the order's saga first, then those of its refunds, oldest first
	had    map[string]int64 // the last event that was had before, by run
	cursor timeline.Cursor
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

// newestRefunds is of how many refunds a trail follows the sagas: there may be any
// number, and each costs Temporal questions, and whoever asks an answer.
const newestRefunds = 50

// look finds out which sagas there are, which runs they have, and how the order
// stands, where it may have changed. It is all or nothing: what it found does not
// count where a saga's runs could not be had.
func (t *trail) look(ctx context.Context, again bool) (err error) {
	o := t.order
	if again {
		if o, err = t.config.Orders.Get(ctx, o.ID); err != nil {
			return err
		}
	}
	refunds, err := t.config.Orders.ListRefunds(ctx, o.ID)
	if err != nil {
		return err
	}
	open := slices.ContainsFunc(refunds, func(r order.Refund) bool { return r.Status == order.RefundRequested })
	lanes := []*lane{t.lane(order.WorkflowID(o.ID))}
	decided := map[*lane]bool{} // of a refund that was: the run that did it has begun
	for _, r := range refunds[max(len(refunds)-newestRefunds, 0):] {
		l := t.lane(order.RefundWorkflowID(r.ID))
		lanes, decided[l] = append(lanes, l), r.Status != order.RefundRequested
	}
	due := slices.DeleteFunc(slices.Clone(lanes), func(l *lane) bool { return l.settled || l.goesOn() })
	found, err := gather(ctx, due, func(ctx context.Context, l *lane) ([]string, error) {
		return t.config.Histories.Runs(ctx, l.workflowID)
	})
	if err != nil {
		return err
	}
	t.order, t.lanes, t.open = o, lanes, open
	for i, l := range due {
		t.add(l, found[i])
		l.settled = decided[l]
	}
	return nil
}

// lane is that of a saga, which may be new.
func (t *trail) lane(workflowID string) *lane {
	i := slices.IndexFunc(t.lanes, func(l *lane) bool { return l.workflowID == workflowID })
	if i < 0 {
		return &lane{workflowID: workflowID}
	}
	return t.lanes[i]
}

// add adds those runs of a saga that came since.
func (t *trail) add(l *lane, runs []string) {
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
}

// running are the runs that may go on.
func (t *trail) running() (all []*track) {
	for _, l := range t.lanes {
		if l.goesOn() {
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

// erased tells that a saga of the order was erased with its user.
func (t *trail) erased() bool {
	return slices.ContainsFunc(t.lanes, func(l *lane) bool {
		return slices.ContainsFunc(l.runs, func(run *track) bool { return run.Erased() })
	})
}

// expired tells that the order's saga has ended so long ago that Temporal has
// forgotten it.
func (t *trail) expired() bool {
	return t.order.Status.Decided() && len(t.lanes[0].runs) == 0
}

// read gives what there is that was not given yet, by time where several sagas
// have some.
func (t *trail) read(ctx context.Context) (steps []step, err error) {
	var asked []*track
	var of []int // the lane of each
	for i, l := range t.lanes {
		for _, run := range l.runs {
			if !run.begun || !run.over() {
				asked, of = append(asked, run), append(of, i)
			}
		}
	}
	found, err := gather(ctx, asked, t.events)
	if err != nil {
		return nil, err // before anything counts as given
	}
	queues := make([][]timeline.Item, len(t.lanes))
	for i, run := range asked {
		run.begun, run.gone = true, len(found[i]) == 0
		queues[of[i]] = append(queues[of[i]], run.fresh(found[i])...)
	}
	for _, item := range merged(queues) {
		steps = append(steps, t.reach(item))
	}
	return steps, nil
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

// reach moves the cursor to an entry.
func (t *trail) reach(item timeline.Item) step {
	t.cursor.Reach(item.WorkflowID, item.RunID, item.EventID)
	return step{entry: TimelineEntry(item.Entry), cursor: t.cursor.String()}
}

// trying tells of the steps that are being tried.
func (t *trail) trying(ctx context.Context) (all []RunningStep, err error) {
	busy := slices.DeleteFunc(t.running(), func(run *track) bool { return !run.Busy() })
	pending, err := gather(ctx, busy, func(ctx context.Context, run *track) ([]*workflowpb.PendingActivityInfo, error) {
		return t.config.Histories.Pending(ctx, run.WorkflowID, run.ID)
	})
	if err != nil {
		return nil, err
	}
	all = []RunningStep{}
	for i, run := range busy {
		for _, p := range pending[i] {
			if running, ok := run.Running(p); ok {
				all = append(all, RunningStep(running))
			}
		}
	}
	return all, nil
}
