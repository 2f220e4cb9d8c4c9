// Package saga runs sagas on Temporal: steps that reserve, a pivot that
// decides, steps that complete, and compensations that undo what possibly
// happened. It knows the Temporal SDK and nothing of what the steps do.
//
// A saga is declared once as a Definition and checked by New, so that one whose
// order makes no sense never runs. The rules it keeps for every saga:
//
//   - Undo is armed before do: a step that timed out may have happened.
//   - Compensations run in reverse order, on a context that no cancellation
//     reaches, until they are done.
//   - Only a definite answer of the other side is a no; see Class.
//   - From the pivot on there is only forward.
//   - What keeps failing after that point parks: visible, still retried, and
//     released by an operator's audited decision.
package saga

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Kind says what a step is to its saga.
type Kind string

const (
	// Compensatable steps come before the pivot and can be undone.
	Compensatable Kind = "compensatable"
	// Pivot is the one step after which the saga no longer turns back. It is
	// tried until its answer is definite.
	Pivot Kind = "pivot"
	// Retriable steps come after the pivot and are tried until they succeed.
	Retriable Kind = "retriable"
	// Reversal is what a saga shows of its Definition.Reverse, once it turns back
	// that way. No step is of this kind.
	Reversal Kind = "reversal"
	// Compensation is the kind of a Part that undoes a step.
	Compensation Kind = "compensation"
	// Closing is the kind of the Part that tells how the saga ended.
	Closing Kind = "closing"
	// Resumption is the kind of the Part by which a run begins that follows one.
	Resumption Kind = "resumption"
)

// Do runs one action on the saga's state. The context carries the options of
// the action, so that it only has to execute its activity.
type Do[S any] func(ctx workflow.Context, run *Run[S], state *S) error

// Action is something to do, and the policy it is done with.
type Action[S any] struct {
	Do     Do[S]
	Policy Policy
}

// Policy is how an action's activity is timed out and retried.
type Policy struct {
	// Queue is the task queue of the service that does it. Empty: the action
	// runs as a local activity, inside the worker of the saga itself.
	Queue string
	// StartToClose bounds one attempt, ScheduleToClose all of them. Where the
	// action has to be done until it is (pivot, retriable, compensation),
	// ScheduleToClose is when the saga parks.
	StartToClose    time.Duration
	ScheduleToClose time.Duration
	// FirstRetry is the pause before the second attempt; it doubles up to
	// LastRetry.
	FirstRetry time.Duration
	LastRetry  time.Duration
	// Parked is the pause before the first round of a parked action; it doubles
	// up to MostParked.
	Parked     time.Duration
	MostParked time.Duration
}

// Step is a part of a saga.
type Step[S any] struct {
	// Name is what the step is called wherever the saga is shown.
	Name string
	// Summary is the line that the Web UI shows on the step's activity.
	Summary string
	Kind    Kind
	Action  Action[S]
	// Undo compensates. Every Compensatable step has one, or says Effectless.
	Undo *Undo[S]
	// Effectless: the step leaves nothing behind that needs to be undone.
	Effectless bool
	// Final: a retriable step that records that the saga went through, as Close
	// records that it turned back. An operator cannot skip it: whoever asks for
	// the outcome would never have it.
	Final bool
}

// Undo is the compensation of a step.
type Undo[S any] struct {
	Name    string
	Summary string
	Action  Action[S]
}

// Stage is steps that run in parallel.
type Stage[S any] []Step[S]

// Definition declares a saga over a state S.
type Definition[S any] struct {
	Name   string
	Stages []Stage[S]
	// Close is done once all compensations are: it tells whoever waits how the
	// saga ended. It is tried until it succeeds.
	Close Undo[S]
	// Reverse, if set, turns a saga back that is parked at its pivot or after it,
	// in this order and instead of the compensations: an operator's decision.
	// Each must do also where what it reverses never happened.
	Reverse []Undo[S]
	// Resume, if set, is how a run begins that follows one that was cut off.
	Resume *Resume[S]
	// Deadline is how long the saga may take to its pivot. A step may move it
	// with Run.SetDeadline.
	Deadline time.Duration
	// EagerDeadline, if set, tells of a run that it began when the timer of the
	// deadline still started along with the saga; it replays that way.
	EagerDeadline func(state *S) bool
	// Grace is how long the other steps of a stage may still go on once one of
	// them failed: a definite answer of theirs tells more than a cancellation.
	Grace time.Duration
	// OnState, if set, is told when the saga's state changes, and while it is parked
	// again after each round: what it could not record before, it can then. It must
	// not fail.
	OnState func(ctx workflow.Context, state *S, s State)
	// OnResolve, if set, is told of an operator's decision before it takes
	// effect, and returns once that is recorded.
	OnResolve func(ctx workflow.Context, state *S, r Resolved)
	// Attributes, if set, gives search attributes to update along with the
	// saga's own whenever its state changes.
	Attributes func(state *S) []temporal.SearchAttributeUpdate
}

// State is where a saga stands. It is the value of the search attribute
// SagaState.
type State string

// The states of a saga.
const (
	Running      State = "running"
	Waiting      State = "waiting"
	Compensating State = "compensating"
	Parked       State = "parked"
	Completed    State = "completed"
	Compensated  State = "compensated"
)

// The search attributes that the engine keeps, both keywords.
var (
	AttrState = temporal.NewSearchAttributeKeyKeyword("SagaState")
	AttrStep  = temporal.NewSearchAttributeKeyKeyword("SagaStep")
)

// Saga is a checked definition, ready to run.
type Saga[S any] struct{ def Definition[S] }
