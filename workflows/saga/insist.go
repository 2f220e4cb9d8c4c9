package saga

import (
	"go.temporal.io/sdk/workflow"
)

// pivot tries the pivot until its answer is definite. Once begun, neither the
// deadline nor a cancellation stops it, because what it did could not be told.
func (r *Run[S]) pivot(ctx workflow.Context, step Step[S]) *Failure {
	r.mark(ctx, step.Name, markRunning)
	err := r.insist(ctx, step.Name, step.Summary, step.Action, func(err error) bool { return Classify(err) == Refused })
	if err != nil {
		r.mark(ctx, step.Name, markFailed)
		return &Failure{Step: step.Name, Class: Refused, Err: err}
	}
	r.mark(ctx, step.Name, markDone)
	return nil
}

// complete runs retriable steps in parallel until all are done.
func (r *Run[S]) complete(sure workflow.Context, stage Stage[S]) {
	pending := len(stage)
	for _, step := range stage {
		workflow.Go(sure, func(ctx workflow.Context) {
			r.mark(ctx, step.Name, markRunning)
			_ = r.insist(ctx, step.Name, step.Summary, step.Action, never)
			r.mark(ctx, step.Name, markDone)
			pending--
		})
	}
	_ = workflow.Await(sure, func() bool { return pending == 0 })
}

// compensate undoes the armed steps in reverse order, one after the other, and
// closes the saga.
func (r *Run[S]) compensate(sure workflow.Context, armed []Step[S]) {
	r.become(sure, Compensating, r.failure.Step)
	for i := len(armed) - 1; i >= 0; i-- {
		step := armed[i]
		_ = r.insist(sure, step.Undo.Name, step.Undo.Summary, step.Undo.Action, never)
		r.mark(sure, step.Name, markUndone)
	}
	_ = r.insist(sure, r.def.Close.Name, r.def.Close.Summary, r.def.Close.Action, never)
}

func never(error) bool { return false }

// insist does an action until it is done, or its error is final. When a round
// of retries runs out the saga parks: it says so, and goes on at a slow pace.
// Nothing may cancel the context.
func (r *Run[S]) insist(ctx workflow.Context, name, summary string, action Action[S], final func(error) bool) error {
	for pause := action.Policy.Parked; ; pause = min(2*pause, action.Policy.MostParked) {
		err := r.act(ctx, action, summary)
		if err == nil || final(err) {
			r.unpark(ctx, name)
			return err
		}
		r.park(ctx, name, err)
		_ = workflow.NewTimerWithOptions(ctx, pause, workflow.TimerOptions{Summary: "parked: " + name}).Get(ctx, nil)
	}
}

func (r *Run[S]) park(ctx workflow.Context, name string, err error) {
	workflow.GetLogger(ctx).Error("saga parked", "saga", r.def.Name, "step", name, "reason", (&Failure{Class: Classify(err), Err: err}).Reason())
	if r.parked[name] {
		return
	}
	r.parked[name] = true
	r.become(ctx, Parked, name)
}

func (r *Run[S]) unpark(ctx workflow.Context, name string) {
	if !r.parked[name] {
		return
	}
	delete(r.parked, name)
	switch {
	case len(r.parked) > 0: // another step of the stage keeps it parked
	case r.failure != nil:
		r.become(ctx, Compensating, name)
	default:
		r.become(ctx, Running, name)
	}
}
