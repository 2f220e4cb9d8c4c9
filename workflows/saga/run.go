package saga

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// Run is one run of a saga.
type Run[S any] struct {
	def      Definition[S]
	state    *S
	view     *view
	parked   map[string]*parked
	resolved []Resolved
	deciding int              // resolutions that are being recorded
	reversed *Failure         // an operator turned the saga back, or a step that came too late
	resumed  bool             // it follows a run that was cut off
	sure     workflow.Context // nothing cancels it
	deadline *deadline
	failure  *Failure
}

// Run runs the saga to its end: nil once every step is done, or the failure
// that made it turn back once every compensation and the closing are done.
func (s *Saga[S]) Run(ctx workflow.Context, state *S) *Failure {
	sure, _ := workflow.NewDisconnectedContext(ctx) // cancelling it would cost events at the end
	r := &Run[S]{def: s.def, state: state, view: newView(s.def), parked: map[string]*parked{}, sure: sure}
	r.answerOperators(sure)
	r.show(ctx)
	armed, failure := r.forward(ctx, sure)
	if failure == nil {
		r.become(sure, Completed, "done")
		r.measure(sure, Completed, "")
		return nil
	}
	r.failure = failure
	r.compensate(sure, armed)
	r.awaitDecisions()
	r.become(sure, Compensated, "done")
	r.measure(sure, Compensated, failure.Class)
	return failure
}

// Failure is why the saga turned back; nil while it goes forward.
func (r *Run[S]) Failure() *Failure { return r.failure }

// forward runs the stages: ctx is cancelled with the workflow, sure never is.
// It returns the compensations that were armed, in the order in which they
// were, and why the saga has to turn back.
func (r *Run[S]) forward(ctx, sure workflow.Context) (armed []Step[S], failure *Failure) {
	ctx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	stages, armed, failure := r.enter(sure)
	if failure != nil {
		return armed, failure
	}
	r.deadline = newDeadline(sure, cancel, r.def.Deadline)
	if r.def.EagerDeadline != nil && r.def.EagerDeadline(r.state) {
		r.deadline.watch(sure)
	}
	for i, stage := range stages {
		kind := stage[0].Kind
		passed := kind == Retriable || (r.resumed && kind == Pivot && i == 0)
		if !passed && (ctx.Err() != nil || r.deadline.over(ctx)) {
			return armed, r.interrupted(ctx, stage[0].Name, ctx.Err())
		}
		switch kind {
		case Compensatable:
			for _, step := range stage {
				if step.Undo != nil && !r.resumed {
					armed = append(armed, step) // before it is done: see the package comment
				}
			}
			failure = r.stage(ctx, sure, stage)
		case Pivot:
			failure = r.pivot(sure, stage[0])
		case Retriable:
			failure = r.complete(sure, stage)
		case Reversal, Compensation, Closing, Resumption: // no step is
		}
		if failure != nil {
			return armed, failure
		}
	}
	r.awaitDecisions()
	return armed, r.reversed
}

// stage runs compensatable steps in parallel and waits for all of them, but no
// longer than the grace once one has failed.
func (r *Run[S]) stage(outer, sure workflow.Context, stage Stage[S]) *Failure {
	inner, cancel := workflow.WithCancel(outer)
	defer cancel()
	failures := make([]*Failure, len(stage))
	pending, failed := len(stage), false
	for i, step := range stage {
		workflow.Go(inner, func(ctx workflow.Context) {
			var done bool
			done, failures[i] = r.attempt(outer, ctx, step)
			failed = failed || !done
			pending--
		})
	}
	_ = workflow.Await(sure, func() bool { return pending == 0 || failed })
	if pending > 0 {
		_, _ = workflow.AwaitWithTimeout(sure, r.def.Grace, func() bool { return pending == 0 })
		cancel()
		_ = workflow.Await(sure, func() bool { return pending == 0 })
	}
	var failure *Failure
	for _, f := range failures {
		failure = worse(failure, f)
	}
	return failure
}

// attempt does a compensatable step once, with the retries of its policy, in
// the time that is left. A step that was stopped because another of its stage
// failed has no failure of its own; outer is the context of the whole stage.
func (r *Run[S]) attempt(outer, ctx workflow.Context, step Step[S]) (done bool, failure *Failure) {
	r.mark(ctx, step.Name, markRunning)
	action := step.Action
	action.Policy = action.Policy.within(r.deadline.left(ctx))
	err := r.act(workflow.WithValue(ctx, ownPolicy{}, ownPolicy{step.Action.Policy, step.Summary}), action, step.Summary)
	if err == nil {
		r.mark(ctx, step.Name, markDone)
		return true, nil
	}
	r.mark(ctx, step.Name, markFailed)
	class := Classify(err)
	switch {
	case class == Cancelled && outer.Err() != nil, class == Unknown && r.deadline.over(ctx):
		return false, r.interrupted(outer, step.Name, err)
	case class == Cancelled && ctx.Err() != nil:
		return false, nil //nolint:nilerr // the failure is the other step's
	default:
		return false, &Failure{Step: step.Name, Class: class, Err: err}
	}
}

// interrupted is the failure of a step that the deadline or a cancellation
// stopped, or never let begin.
func (r *Run[S]) interrupted(ctx workflow.Context, step string, err error) *Failure {
	class := Cancelled
	if r.deadline.over(ctx) {
		class = Expired
	}
	return &Failure{Step: step, Class: class, Err: err}
}

// act runs an action with the options of its policy on the context.
func (r *Run[S]) act(ctx workflow.Context, action Action[S], summary string) error {
	return action.Do(action.Policy.On(ctx, summary), r, r.state)
}

// SetDeadline moves the saga's deadline to a time from now, for a step that
// waits for a person. It has no effect from the pivot on.
func (r *Run[S]) SetDeadline(d time.Duration) {
	r.deadline.move(r.sure, d)
	r.deadline.watch(r.sure)
}

// State is where the saga stands.
func (r *Run[S]) State() State { return r.view.state }

// ownPolicy is, in the context of a compensatable step, the policy that it was
// declared with and its summary.
type ownPolicy struct {
	policy  Policy
	summary string
}

// Wait shows the saga as waiting while fn blocks. A step that waits for anything
// but an activity does it here: the deadline ends it. The context that fn gets
// carries the step's policy anew, for the time that is left since SetDeadline.
func (r *Run[S]) Wait(ctx workflow.Context, step string, fn func(ctx workflow.Context) error) error {
	r.deadline.watch(r.sure)
	r.become(ctx, Waiting, step)
	if own, ok := ctx.Value(ownPolicy{}).(ownPolicy); ok {
		ctx = own.policy.within(r.deadline.left(ctx)).On(ctx, own.summary)
	}
	err := fn(ctx)
	if ctx.Err() == nil {
		r.become(ctx, Running, step)
	}
	return err
}
