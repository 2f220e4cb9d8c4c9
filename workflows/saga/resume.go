package saga

import "go.temporal.io/sdk/workflow"

// Entry is where a run begins that follows another of the same saga.
type Entry string

// The entries.
const (
	// FromStart does every step again: each participant knows what it did.
	FromStart Entry = "start"
	// FromPivot goes on where the pivot was passed, or is the only way.
	FromPivot Entry = "pivot"
	// TurnBack compensates at once: an earlier run did, or has to have.
	TurnBack Entry = "back"
)

// Resume is how a run begins that follows another of the same saga, which was
// cut off: terminated, timed out, lost. It asks first what was done.
//
// Such a run never knows what it does not have to undo. So where it turns back it
// reverses, see Definition.Reverse; without that it does every compensation.
type Resume[S any] struct {
	Name    string
	Summary string
	// Due tells whether the run follows another one. Where it does not, nothing
	// is asked.
	Due func(state *S) bool
	// Action asks, and keeps the answer in the state. It is tried until it
	// succeeds. It asks several, each with a policy of its own, so that an operator
	// cannot give it more time.
	Action Action[S]
	// Entry tells where to begin, and for TurnBack why.
	Entry func(state *S) (Entry, *Failure)
}

// enter gives the stages that are left, the compensations that are armed already,
// and a failure where the saga turns back at once.
func (r *Run[S]) enter(sure workflow.Context) (stages []Stage[S], armed []Step[S], failure *Failure) {
	how := r.def.Resume
	if how == nil || !how.Due(r.state) {
		return r.def.Stages, nil, nil
	}
	r.resumed = true
	for _, stage := range r.def.Stages {
		for _, step := range stage {
			if step.Undo != nil {
				armed = append(armed, step)
			}
		}
	}
	if ended, _ := r.insist(sure, how.Name, how.Summary, how.Action, insistence{must: true, fixed: true}); ended == reversed {
		return nil, armed, r.reversed
	}
	entry, failure := how.Entry(r.state)
	workflow.GetLogger(sure).Info("saga runs again", "saga", r.def.Name, "from", entry)
	switch entry {
	case TurnBack:
		return nil, armed, failure
	case FromPivot:
		return r.fromPivot(sure), armed, nil
	default:
		return r.def.Stages, armed, nil
	}
}

// fromPivot is the stages from the pivot on; what comes before it counts as done.
func (r *Run[S]) fromPivot(sure workflow.Context) []Stage[S] {
	for i, stage := range r.def.Stages {
		if stage[0].Kind != Compensatable {
			return r.def.Stages[i:]
		}
		for _, step := range stage {
			r.mark(sure, step.Name, markDone)
		}
	}
	return nil
}

// TurnBack turns a saga back from a step after the pivot that found that the saga
// has ended otherwise, as an operator's Compensate does: see Definition.Reverse.
// The step returns an error of its own.
func (r *Run[S]) TurnBack(step string, err error) {
	if r.reversed == nil && r.failure == nil {
		r.reversed = &Failure{Step: step, Class: Reversed, Err: err}
	}
}

// reverses tells whether the saga turns back by its reversal: nobody knows then
// what was done.
func (r *Run[S]) reverses() bool {
	return r.failure.Class == Reversed || (r.resumed && len(r.def.Reverse) > 0)
}
