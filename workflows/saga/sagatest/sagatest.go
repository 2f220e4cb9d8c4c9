// Package sagatest explores the failures of a saga: it runs the saga on the
// Temporal SDK's test environment with every fault at every step, and with
// every pair of faults, and judges how each run ended.
//
// A small model of participants answers the saga's activities. Each keeps a
// barrier, as the real ones must: an operation done again finds the first
// one's row, an undo that comes first leaves a tombstone, a do that meets it is
// refused for good, and a refusal stays one. Time, retries and timeouts are the
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
	// Close is done once every compensation is.
	Close Op
	// Notes are what the saga calls beside its steps: operations that only
	// inform, and that nothing undoes.
	Notes []Op
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
	// Extends, if set, is the saga's deadline from the first call of this
	// operation on, such as a question to a person.
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

// op is an operation in its place in the saga.
type op struct {
	Op
	role       role
	kind       saga.Kind // of a step
	stage      int       // of a step, and of the step that an undo undoes
	effectless bool
	undo       *op // of a step
	undoes     *op // of an undo
}

type role int

const (
	stepping role = iota
	undoing
	closing
	noting
)

func (o *op) String() string { return o.Name }

// insisted tells whether the saga has to go on until the operation is done.
func (o *op) insisted() bool {
	return o.role == undoing || o.role == closing || (o.role == stepping && o.kind != saga.Compensatable)
}

// ops gives every operation of the saga: the steps in order, their
// compensations, the closing, the notes.
func (s Saga) ops() []*op {
	var steps, undos, rest []*op
	for i, stage := range s.Stages {
		for _, step := range stage {
			o := &op{Op: named(step.Op), kind: step.Kind, stage: i, effectless: step.Effectless}
			if step.Undo != nil {
				o.undo = &op{Op: named(*step.Undo), role: undoing, stage: i, undoes: o}
				undos = append(undos, o.undo)
			}
			steps = append(steps, o)
		}
	}
	rest = append(rest, &op{Op: named(s.Close), role: closing})
	for _, note := range s.Notes {
		rest = append(rest, &op{Op: named(note), role: noting, effectless: true})
	}
	return append(append(steps, undos...), rest...)
}

func named(o Op) Op {
	if o.Name == "" {
		o.Name = o.Activity
	}
	return o
}
