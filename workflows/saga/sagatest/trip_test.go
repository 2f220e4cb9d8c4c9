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
)

// trip is a saga written by hand: two steps that can be undone, a pivot, a last
// step. What it gets right it does as the engine does.
type trip struct {
	flaw  flaw
	calls int
	ctx   workflow.Context
	sure  workflow.Context
	begun time.Time
}

const tripDeadline = 5 * time.Minute

type booking struct {
	Key string `json:"key"`
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
	left := max(tripDeadline-workflow.Now(ctx).Sub(tr.begun), time.Second)
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 5 * time.Second, ScheduleToCloseTimeout: min(left, time.Minute),
	})
	return workflow.ExecuteActivity(ctx, activity, booking{Key: key}).Get(ctx, nil)
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
		if tr.flaw != silentParking {
			tr.show(saga.Parked)
		}
		_ = workflow.Sleep(ctx, time.Minute)
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
	tr.show(saga.Running)
	armed, err := tr.forward()
	if err == nil {
		if tr.flaw == closesAnyway {
			return true, tr.insist(tr.sure, "Close")
		}
		tr.show(saga.Completed)
		return true, nil
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
	tr.show(saga.Compensated)
	return false, nil
}

// forward takes the steps, and gives the compensations that were armed.
func (tr *trip) forward() (armed []string, err error) {
	ctx := tr.ctx
	if tr.flaw == ignoresCancel {
		ctx = tr.sure
	}
	for _, step := range []string{"Car", "Hotel"} {
		if tr.flaw != lateArming {
			armed = append(armed, "Cancel"+step)
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
	_ = tr.do(ctx, "Note") // it may fail
	if tr.flaw == hasty {
		return armed, errors.New("hasty")
	}
	if ctx.Err() != nil || (tr.flaw != noDeadline && workflow.Now(ctx).Sub(tr.begun) >= tripDeadline) {
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

// describe describes the trip to the explorer.
func describe(f flaw) Saga {
	undo := func(name string) *Op { return &Op{Activity: name} }
	return Saga{
		Name: string(f),
		Run: func(env *testsuite.TestWorkflowEnvironment) {
			tr := &trip{flaw: f}
			env.ExecuteWorkflow(tr.run)
		},
		Stages: [][]Step{
			{{Op: Op{Activity: "Car"}, Kind: saga.Compensatable, Undo: undo("CancelCar")}},
			{{Op: Op{Activity: "Hotel"}, Kind: saga.Compensatable, Undo: undo("CancelHotel")}},
			{{Op: Op{Activity: "Pay"}, Kind: saga.Pivot}},
			{{Op: Op{Activity: "Mail"}, Kind: saga.Retriable}},
		},
		Close:    Op{Activity: "Close"},
		Notes:    []Op{{Activity: "Note"}},
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
