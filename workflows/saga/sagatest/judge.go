package sagatest

import (
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/skaldhq/skald/workflows/saga"
)

// because notes why the saga may turn back; the first reason stays.
func (r *run) because(reason string) {
	if r.reason == "" {
		r.reason = reason
	}
}

// judgeCall judges what the saga asks for, when it asks.
func (r *run) judgeCall(c *call, how policy) {
	p := r.progress[c.op]
	r.log("%s called, %d", c.op, c.n)
	if p.mustPark && r.states != saga.Parked {
		r.violate(parkedShown, "%s keeps failing, and the saga is shown as %q, not parked", c.op, r.states)
	}
	if r.env.Now().After(r.deadline) {
		r.because("its deadline passed")
	}
	if r.cancelled() {
		r.because("it was cancelled")
	}
	r.judgeDecided(c.op, p, how)
	switch c.op.role {
	case stepping:
		r.judgeStep(c.op, p)
	case undoing, reversing:
		r.judgeUndo(c.op)
	case closing:
		r.judgeClose()
	case noting, auditing:
	}
	if c.op.Extends > 0 && c.op.Pending == nil && p.started == 0 {
		r.deadline = r.env.Now().Add(c.op.Extends)
	}
	p.started++
	c.scheduled = true
	switch {
	case p.calls > mostCalls:
		r.violate(ends, "%s is asked again and again", c.op)
		r.stuck = c.op
	case !r.plan.forGood(c.op):
	case c.op.insisted() && p.refusals >= patience, p.refusals >= noteMost:
		r.stuck = c.op
	}
}

// judgeAttempt judges an attempt, when it is made.
func (r *run) judgeAttempt(c *call) {
	if c.op.role == stepping && c.op.kind == saga.Compensatable && r.env.Now().After(r.deadline) {
		r.violate(deadlineKept, "%s is attempted after the deadline", c.op)
	}
}

func (r *run) judgeStep(o *op, p *progress) {
	for _, before := range r.ops {
		if before.role == stepping && before.stage < o.stage && !r.progress[before].done() {
			r.violate(stepOrder, "%s is called although %s has not succeeded", o, before)
		}
	}
	if r.turned {
		r.violate(noWayForward, "%s is called after the saga turned back", o)
	}
	if o.kind == saga.Retriable {
		return
	}
	if p.refused {
		r.violate(refusalKept, "%s is asked again after its refusal", o)
	}
	if p.started > 0 {
		return
	}
	if r.cancelled() {
		r.violate(cancelHeeded, "%s begins although the saga was cancelled", o)
	}
	if r.env.Now().After(r.deadline) {
		r.violate(deadlineKept, "%s begins after the deadline", o)
	}
}

// turnsBack judges that compensations, or the closing, are called for.
func (r *run) turnsBack(o *op) {
	r.turned = true
	for _, step := range r.ops {
		if step.kind == saga.Pivot && r.progress[step].started > 0 && !r.progress[step].refused && !r.reversed {
			r.violate(pivotKept, "%s is called although %s may have happened", o, step)
		}
	}
	if r.reason == "" && !r.reversed {
		r.violate(noReason, "%s is called although nothing went wrong", o)
	}
}

func (r *run) judgeUndo(o *op) {
	r.turnsBack(o)
	for _, later := range r.ops {
		if later.undo != nil && later.stage > o.undoes.base().stage && !r.compensated(later) {
			r.violate(reverseOrder, "%s is called before %s has succeeded: not in reverse order", o, later.undo)
		}
	}
}

// base is the step that a step completes, or itself.
func (o *op) base() *op {
	if o.completes != nil {
		return o.completes
	}
	return o
}

// compensated tells whether nothing is left to do about a step.
func (r *run) compensated(step *op) bool {
	if r.progress[step].started == 0 || r.progress[step].left {
		return true
	}
	for _, o := range r.ops {
		if o.undoes != nil && o.undoes.at(step) && r.progress[o].done() {
			return true
		}
	}
	return false
}

func (r *run) judgeClose() {
	closing := r.closing()
	r.turnsBack(closing)
	if r.progress[closing].ok > 0 {
		r.violate(closedLast, "%s is called after it had succeeded", closing)
	}
	for _, step := range r.ops {
		if step.undo != nil && !r.compensated(step) {
			r.violate(closedLast, "%s is called before %s has succeeded", closing, step.undo)
		}
	}
}

// closing is nil where the saga calls nothing to close.
func (r *run) closing() *op {
	for _, o := range r.ops {
		if o.role == closing {
			return o
		}
	}
	return nil
}

// judgeAnswer takes note of an answer that the saga sees.
func (r *run) judgeAnswer(c *call, err error) {
	p := r.progress[c.op]
	p.mustPark = false
	r.log("%s answered: %v", c.op, err)
	if c.op.Marks != nil {
		r.unmarked = false
	}
	if err == nil {
		if c.op.Extends > 0 && c.op.Pending != nil && p.ok == 0 && c.op.Pending(c.Call) {
			r.deadline = r.env.Now().Add(c.op.Extends)
		}
		p.ok++
		return
	}
	app, ok := err.(*temporal.ApplicationError) //nolint:errorlint // as made by refusal
	refused := ok && app.NonRetryable()
	settled := refused && app.Type() == c.op.Settled
	if refused && !settled {
		p.refused = true
		p.refusals++
		r.unmarked = c.op.Marks != nil && c.op.role == noting
	}
	if c.op.parks() && (c.op.kind != saga.Pivot || !refused) && !settled {
		p.mustPark = true
	}
	if (c.op.role == stepping && c.op.kind != saga.Retriable) || c.op.role == noting {
		r.because(c.op.Name + ": " + err.Error())
	}
}

// judgeEffect judges an effect that comes about.
func (r *run) judgeEffect(o *op) {
	if o.role != stepping {
		return
	}
	if o.forward() && r.turned && !r.reversed {
		r.violate(barredEffect, "%s has its effect after the saga turned back", o)
	}
	if r.progress[o].undone {
		r.violate(barredEffect, "%s has its effect after its compensation", o)
	}
}

// prompt is how soon what an operator decided has to be done.
const prompt = 10 * time.Second
