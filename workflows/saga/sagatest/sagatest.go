// Package sagatest explores the failures of a saga: it runs the saga on the
// Temporal SDK's test environment with every fault at every step, and with
// every pair of faults, and judges how each run ended.
//
// A small model of participants answers the saga's activities. Each keeps a
// barrier, as the real ones must: an operation done again finds the first
// one's row, and is refused where it asks for something else; an undo that comes
// first leaves a tombstone, a do that meets it is refused for good, and a
// refusal stays one. An operator decides on what is parked. Time, retries and timeouts are the
// workflow's own, so that a run of hours takes milliseconds, and the same case
// runs the same way every time.
package sagatest

import (
	"encoding/json"
	"time"

	"go.temporal.io/sdk/testsuite"

	"github.com/skaldhq/skald/workflows/saga"
)

// Saga describes a saga to Explore.
type Saga struct {
	// Name is what the report calls the saga, or this variant of it.
	Name string
	// Run registers the workflow and executes it with its input.
	Run func(env *testsuite.TestWorkflowEnvironment)
	// Stages are the steps in their order. The steps of a stage run in parallel.
	Stages [][]Step
	// Close is done once every compensation is. Without an activity: the saga calls
	// nothing then.
	Close Op
	// Notes are what the saga calls beside its steps, and that nothing undoes:
	// operations that only inform, but for those that it Must do.
	Notes []Op
	// Audit records an operator's decision before it takes effect; nil: nothing
	// does.
	Audit *Op
	// Focus, for a variant of a saga that is explored as well, names operations:
	// of the cases with more than one fault only those at one of them are run.
	Focus []string
	// Deadline is how long the saga may take to its pivot.
	Deadline time.Duration
	// Key gives the key that a participant keeps an operation under. Empty: one
	// key for all.
	Key func(Call) string
	// WentThrough, if set, is what the workflow itself says of how it ended; it
	// has to agree with its effects.
	WentThrough func(env *testsuite.TestWorkflowEnvironment) (bool, error)
}

// Step is a step of a saga.
type Step struct {
	Op
	Kind saga.Kind
	// Undo compensates the step; nil where there is nothing to undo.
	Undo *Op
	// Effectless steps leave nothing behind.
	Effectless bool
	// Completes names the earlier step whose effect this one makes final, at the
	// same participant: Undo of that one bars this one, and once this one is done
	// it is answered with its Settled.
	Completes string
	// Final: the step records that the saga went through, where Close records
	// that it turned back. Each is refused where the other was done.
	Final bool
	// Reversal undoes the step, and the one that it Completes, once an operator
	// turned the saga back that was at its pivot or after it. Where it reverses a
	// Final step it takes the place of Close.
	Reversal *Op
}

// Op is one operation of a participant: an activity, local or not.
type Op struct {
	// Activity is the name of the activity.
	Activity string
	// Name tells operations apart that share an activity. Empty: the activity's.
	Name string
	// Match, if set, tells which of the activity's calls are this operation.
	Match func(Call) bool
	// Returns, if set, gives what the activity returns when all is well.
	Returns func(Call) any
	// Pending, if set, tells that what a call answers is not yet the outcome: the
	// next one may still be refused.
	Pending func(Call) bool
	// Settled is the type of the error that an Undo is answered with once its
	// step was completed by another, and Close once a Final step was done.
	Settled string
	// Varies: what is asked again may differ from what was asked first, because
	// it carries a time or a number that grows.
	Varies bool
	// Must: a note that the saga has to go on with until it is done.
	Must bool
	// Sure: by its contract the participant never refuses it.
	Sure bool
	// Marks, if set, reads the saga's state that the operation records, and a
	// number that grows: an older one changes nothing.
	Marks func(Call) (saga.State, int64)
	// Extends, if set, is the saga's deadline from the first call of this
	// operation on, such as a question to a person; of one that has Pending answers,
	// from the first of those on.
	Extends time.Duration
}

// Call is one call of an activity.
type Call struct {
	Activity string
	// Request is the activity's first argument, as JSON.
	Request json.RawMessage
	// Answered is how often the operation was answered well before, over all
	// calls of the run.
	Answered int
}

// Decode reads the request. What is no JSON of v's type is an error in the
// test, and panics.
func (c Call) Decode(v any) {
	if err := json.Unmarshal(c.Request, v); err != nil {
		panic(err)
	}
}
