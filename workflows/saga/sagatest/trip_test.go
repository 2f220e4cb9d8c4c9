package sagatest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/workflows/saga"
)

// flaw is a mistake that sagas written by hand are known for.
type flaw string

const (
	none           flaw = "none"
	lateArming     flaw = "undo armed after do"
	sameContext    flaw = "compensation on the cancellable context"
	forwardOrder   flaw = "compensations in forward order"
	asksAgain      flaw = "a refused step is asked again"
	unknownIsNo    flaw = "an unknown pivot taken for a no"
	dropsUndo      flaw = "a compensation dropped after its retries"
	dropsLast      flaw = "a step after the pivot given up"
	lateCancel     flaw = "a cancellation heeded after the pivot"
	ignoresCancel  flaw = "a cancellation not heeded before the pivot"
	noDeadline     flaw = "the deadline not looked at before the pivot"
	neverCloses    flaw = "never closed"
	closesFirst    flaw = "closed before the compensations are done"
	closesAnyway   flaw = "closed although it went through"
	keyPerCall     flaw = "an effect's key made of the call"
	undoElsewhere  flaw = "undone under another key"
	silentParking  flaw = "parked in silence"
	hasty          flaw = "turns back for nothing"
	skipsStep      flaw = "goes on without a step"
	stopsAtRefusal flaw = "gives up what must be done when it is refused"
	strangeCall    flaw = "calls what is not described"
	goesOn         flaw = "a step after the saga turned back"
	otherAgain     flaw = "asks for something else the second time"
	failsAtEnd     flaw = "the workflow fails where the saga turned back"
	hidesEnd       flaw = "not shown as ended"
	marksFirst     flaw = "not recorded as ended"
	lies           flaw = "says the opposite of how it ended"
	hangs          flaw = "waits for ever where it turned back"
	insistsOnNote  flaw = "insists on what only informs"
	panicking      flaw = "panics"
	unsteady       flaw = "never runs the same way twice"
	skipsPivot     flaw = "lets an operator skip the pivot"
	unaudited      flaw = "does as an operator says before that is recorded"
	deaf           flaw = "goes on with what an operator skipped"
	slowToObey     flaw = "does as an operator says when it suits"
	impatient      flaw = "forgets the time that an operator gave"
	noStatus       flaw = "does not tell how it stands"
	noUndo         flaw = "a step never undone"
)

// trip is a saga written by hand: two steps that can be undone, a pivot, a last
// step. What it gets right it does as the engine does.
type trip struct {
	flaw  flaw
	calls int
	ctx   workflow.Context
	sure  workflow.Context
	begun time.Time
	desk  desk
	runs  *int // of the saga so far
}

const tripDeadline = 5 * time.Minute

type booking struct {
	Key string `json:"key"`
	// What is asked for, and how the saga stands as of Seq.
	What  int        `json:"what,omitempty"`
	State saga.State `json:"state,omitempty"`
	Seq   int64      `json:"seq,omitempty"`
}

// do asks for an activity once, with the retries of its policy.
func (tr *trip) do(ctx workflow.Context, activity string) error {
	tr.calls++
	key := "trip"
	switch {
	case tr.flaw == keyPerCall && activity == "Mail":
		key = fmt.Sprint("call ", tr.calls)
	case tr.flaw == undoElsewhere && activity == "CancelCar":
		key = "car"
	}
	b := booking{Key: key}
	if tr.flaw == otherAgain {
		b.What = tr.calls
	}
	attempt, round := 5*time.Second, time.Minute
	if step := activity == "Car" || activity == "Hotel"; step && tr.flaw != noDeadline {
		round = min(round, max(tripDeadline-workflow.Now(ctx).Sub(tr.begun), time.Millisecond))
	}
	if tr.desk.patience > 0 && tr.flaw != impatient {
		attempt, round, tr.desk.patience = tr.desk.patience, 2*tr.desk.patience, 0
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: attempt, ScheduleToCloseTimeout: round})
	return workflow.ExecuteActivity(ctx, activity, b).Get(ctx, nil)
}

// insist asks until it is done.
func (tr *trip) insist(ctx workflow.Context, activity string) error {
	for {
		err := tr.do(ctx, activity)
		if err == nil || (activity == "Pay" && refusedByOther(err)) {
			return err
		}
		if tr.flaw == unknownIsNo && activity == "Pay" || tr.flaw == dropsLast && activity == "Mail" || tr.flaw == dropsUndo && activity == "CancelCar" {
			return err
		}
		if ctx.Err() != nil || (tr.flaw == stopsAtRefusal && refusedByOther(err)) {
			return err
		}
		if tr.desk.park(tr, ctx, activity) && tr.flaw != deaf {
			return nil
		}
	}
}

func (tr *trip) show(s saga.State) {
	_ = workflow.UpsertTypedSearchAttributes(tr.ctx, saga.AttrState.ValueSet(string(s)))
}

func refusedByOther(err error) bool {
	var app *temporal.ApplicationError
	return errors.As(err, &app) && app.NonRetryable()
}

func (tr *trip) run(ctx workflow.Context) (bool, error) {
	tr.ctx, tr.begun = ctx, workflow.Now(ctx)
	tr.sure, _ = workflow.NewDisconnectedContext(ctx)
	*tr.runs++
	tr.desk.open(tr)
	tr.show(saga.Running)
	armed, err := tr.forward()
	if err == nil {
		if tr.flaw == closesAnyway {
			return true, tr.insist(tr.sure, "Close")
		}
		tr.end(saga.Completed)
		return tr.flaw != lies, nil
	}
	if tr.flaw == hangs {
		_ = workflow.Await(tr.sure, func() bool { return false })
	}
	tr.show(saga.Compensating)
	back := tr.sure
	if tr.flaw == sameContext {
		back = ctx
	}
	if tr.flaw != forwardOrder {
		slices.Reverse(armed)
	}
	if tr.flaw == closesFirst {
		_ = tr.insist(back, "Close")
	}
	for _, undo := range armed {
		_ = tr.insist(back, undo)
	}
	if tr.flaw != neverCloses && tr.flaw != closesFirst {
		_ = tr.insist(back, "Close")
	}
	if tr.flaw == goesOn {
		_ = tr.do(tr.sure, "Hotel")
	}
	tr.end(saga.Compensated)
	if tr.flaw == failsAtEnd {
		return false, err
	}
	return false, nil
}

// end shows and records how the saga ended.
func (tr *trip) end(s saga.State) {
	if tr.flaw != hidesEnd {
		tr.show(s)
	}
	_ = workflow.Await(tr.sure, func() bool { return workflow.AllHandlersFinished(tr.sure) })
	if tr.flaw == marksFirst {
		s = saga.Running
	}
	for n := int64(1); ; n++ {
		ctx := workflow.WithActivityOptions(tr.sure, workflow.ActivityOptions{StartToCloseTimeout: 5 * time.Second, ScheduleToCloseTimeout: time.Minute})
		err := workflow.ExecuteActivity(ctx, "Mark", booking{Key: "trip", State: s, Seq: n}).Get(ctx, nil)
		if err == nil || refusedByOther(err) {
			return
		}
	}
}

// forward takes the steps, and gives the compensations that were armed.
func (tr *trip) forward() (armed []string, err error) {
	ctx := tr.ctx
	if tr.flaw == ignoresCancel {
		ctx = tr.sure
	}
	for _, step := range []string{"Car", "Hotel"} {
		if tr.flaw != lateArming && (tr.flaw != noUndo || step != "Car") {
			armed = append(armed, "Cancel"+step)
		}
		if step != "Car" && tr.late() {
			return armed, errors.New("late")
		}
		err := tr.do(ctx, step)
		if err != nil && tr.flaw == asksAgain {
			err = tr.do(ctx, step)
		}
		if err != nil && (tr.flaw != skipsStep || step != "Car") {
			return armed, err
		}
		if tr.flaw == lateArming {
			armed = append(armed, "Cancel"+step)
		}
	}
	if tr.flaw != unsteady || *tr.runs < 3 {
		for tr.do(ctx, "Note") != nil && ctx.Err() == nil && tr.flaw == insistsOnNote { // it may fail
			_ = workflow.Sleep(ctx, time.Second)
		}
	}
	if tr.flaw == strangeCall {
		_ = tr.do(ctx, "Boat")
	}
	if tr.flaw == hasty {
		return armed, errors.New("hasty")
	}
	if ctx.Err() != nil || tr.late() {
		return armed, errors.New("stopped")
	}
	if err := tr.insist(tr.sure, "Pay"); err != nil {
		return armed, err
	}
	if tr.flaw == lateCancel && ctx.Err() != nil {
		return armed, ctx.Err()
	}
	_ = tr.insist(tr.sure, "Mail")
	return armed, nil
}

// late tells whether the deadline has passed.
func (tr *trip) late() bool {
	return tr.flaw != noDeadline && workflow.Now(tr.ctx).Sub(tr.begun) >= tripDeadline
}

// describe describes the trip to the explorer.
func describe(f flaw) Saga {
	undo := func(name string) *Op { return &Op{Activity: name} }
	runs := new(int)
	var audit *Op
	if f == none || f == unaudited {
		audit = &Op{Activity: "Audit", Sure: true}
	}
	return Saga{
		Name: string(f),
		Run: func(env *testsuite.TestWorkflowEnvironment) {
			if f == panicking {
				panic("on purpose")
			}
			tr := &trip{flaw: f, runs: runs}
			env.ExecuteWorkflow(tr.run)
		},
		Stages: [][]Step{
			{{Op: Op{Activity: "Car"}, Kind: saga.Compensatable, Undo: undo("CancelCar")}},
			{{Op: Op{Activity: "Hotel"}, Kind: saga.Compensatable, Undo: undo("CancelHotel")}},
			{{Op: Op{Activity: "Pay"}, Kind: saga.Pivot}},
			{{Op: Op{Activity: "Mail"}, Kind: saga.Retriable}},
		},
		Close: Op{Activity: "Close"},
		Notes: []Op{{Activity: "Note"}, {Activity: "Mark", Varies: true, Marks: func(c Call) (saga.State, int64) {
			var b booking
			c.Decode(&b)
			return b.State, b.Seq
		}}},
		Audit:    audit,
		Deadline: tripDeadline,
		Key: func(c Call) string {
			var b booking
			c.Decode(&b)
			return b.Key
		},
		WentThrough: func(env *testsuite.TestWorkflowEnvironment) (through bool, err error) {
			err = env.GetWorkflowResult(&through)
			return through, err
		},
	}
}
