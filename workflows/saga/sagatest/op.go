package sagatest

import "github.com/skaldhq/skald/workflows/saga"

// op is an operation in its place in the saga.
type op struct {
	Op
	role       role
	kind       saga.Kind // of a step
	stage      int       // of a step, and of the step that an undo or reversal undoes
	effectless bool
	final      bool
	undo       *op // of a step
	reversal   *op // of a step
	undoes     *op // of an undo or reversal
	completes  *op // of a step
	completion *op // of a step that another completes
}

type role int

const (
	stepping role = iota
	undoing
	reversing
	closing
	noting
	auditing
)

func (o *op) String() string { return o.Name }

// insisted tells whether the saga has to go on until the operation is done.
func (o *op) insisted() bool {
	switch o.role {
	case stepping:
		return o.kind != saga.Compensatable
	case noting:
		return o.Must
	default:
		return true
	}
}

// parks tells whether the saga parks at the operation while it fails.
func (o *op) parks() bool { return o.insisted() && o.role != auditing }

// forward tells whether it is the pivot, or a step after it.
func (o *op) forward() bool { return o.role == stepping && o.kind != saga.Compensatable }

// at tells whether it is done at the participant of a step: by the step itself,
// or by the one that completes it.
func (o *op) at(step *op) bool { return o == step || o.completes == step || o.completion == step }

// ops gives every operation of the saga: the steps in order, their
// compensations, their reversals, the closing, the notes, the audit.
func (s Saga) ops() []*op {
	var steps, undos, reversals []*op
	names := map[string]*op{}
	for i, stage := range s.Stages {
		for _, step := range stage {
			o := &op{Op: named(step.Op), kind: step.Kind, stage: i, effectless: step.Effectless, final: step.Final}
			names[o.Name] = o
			if o.completes = names[step.Completes]; o.completes != nil {
				o.completes.completion = o
			}
			if step.Undo != nil {
				o.undo = &op{Op: named(*step.Undo), role: undoing, stage: i, undoes: o}
				undos = append(undos, o.undo)
			}
			if step.Reversal != nil {
				o.reversal = &op{Op: named(*step.Reversal), role: reversing, stage: i, undoes: o}
				reversals = append(reversals, o.reversal)
			}
			steps = append(steps, o)
		}
	}
	var rest []*op
	if s.Close.Activity != "" {
		rest = append(rest, &op{Op: named(s.Close), role: closing})
	}
	for _, note := range s.Notes {
		rest = append(rest, &op{Op: named(note), role: noting, effectless: true})
	}
	if s.Audit != nil {
		rest = append(rest, &op{Op: named(*s.Audit), role: auditing, effectless: true})
	}
	return append(append(append(steps, undos...), reversals...), rest...)
}

func named(o Op) Op {
	if o.Name == "" {
		o.Name = o.Activity
	}
	return o
}
