package sagatest

import (
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
func (r *run) judgeCall(c *call) {
	p := r.progress[c.op]
	r.log("%s called, %d", c.op, c.n)
	if p.mustPark && r.states != "" && r.states != saga.Parked {
		r.violate("%s keeps failing, and the saga is shown as %s, not parked", c.op, r.states)
	}
	if r.env.Now().After(r.deadline) {
		r.because("its deadline passed")
	}
	if r.cancelled() {
		r.because("it was cancelled")
	}
	switch c.op.role {
	case stepping:
		r.judgeStep(c.op, p)
	case undoing:
		r.judgeUndo(c.op)
	case closing:
		r.judgeClose()
	case noting:
	}
	if c.op.Extends > 0 && p.started == 0 {
		r.deadline = r.env.Now().Add(c.op.Extends)
	}
	p.started++
	c.scheduled = true
	switch {
	case !r.plan.forGood(c.op):
	case c.op.insisted() && p.refusals >= patience, p.refusals >= noteMost:
		r.stuck = c.op
	}
}

func (r *run) judgeStep(o *op, p *progress) {
	for _, before := range r.ops {
		if before.role == stepping && before.stage < o.stage && r.progress[before].ok == 0 {
			r.violate("%s is called although %s has not succeeded", o, before)
		}
	}
	if o.kind == saga.Retriable {
		return
	}
	if r.turned {
		r.violate("%s is called after the saga turned back", o)
	}
	if p.refused {
		r.violate("%s is asked again after its refusal", o)
	}
	if p.started > 0 {
		return
	}
	if r.cancelled() {
		r.violate("%s begins although the saga was cancelled", o)
	}
	if o.kind == saga.Pivot && r.env.Now().After(r.deadline) {
		r.violate("%s begins after the deadline", o)
	}
}

// turnsBack judges that compensations, or the closing, are called for.
func (r *run) turnsBack(o *op) {
	r.turned = true
	for _, step := range r.ops {
		if step.role == stepping && step.kind == saga.Pivot && r.progress[step].started > 0 && !r.progress[step].refused {
			r.violate("%s is called although %s may have happened", o, step)
		}
	}
	if r.reason == "" {
		r.violate("%s is called although nothing went wrong", o)
	}
}

func (r *run) judgeUndo(o *op) {
	r.turnsBack(o)
	for _, later := range r.ops {
		if later.undo != nil && later.stage > o.stage && r.progress[later].started > 0 && r.progress[later.undo].ok == 0 {
			r.violate("%s is called before %s has succeeded: not in reverse order", o, later.undo)
		}
	}
}

func (r *run) judgeClose() {
	closing := r.closing()
	r.turnsBack(closing)
	if r.progress[closing].ok > 0 {
		r.violate("%s is called after it had succeeded", closing)
	}
	for _, step := range r.ops {
		if step.undo != nil && r.progress[step].started > 0 && r.progress[step.undo].ok == 0 {
			r.violate("%s is called before %s has succeeded", closing, step.undo)
		}
	}
}

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
	if err == nil {
		p.ok++
		return
	}
	app, ok := err.(*temporal.ApplicationError) //nolint:errorlint // as made by refusal
	refused := ok && app.NonRetryable()
	if refused {
		p.refused = true
		p.refusals++
	}
	if c.op.insisted() && (c.op.kind != saga.Pivot || !refused) {
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
	if o.kind == saga.Pivot && r.turned {
		r.violate("%s has its effect after the saga turned back", o)
	}
	if o.kind == saga.Compensatable && o.undo != nil && r.progress[o.undo].ok > 0 {
		r.violate("%s has its effect after its compensation", o)
	}
}

// atEnd lets land what is still on its way, and judges how it ended.
func (r *run) atEnd() {
	for _, l := range append(r.owed, r.zombies...) {
		r.land(l)
	}
	for i, f := range r.plan {
		if !r.fired[i] {
			r.violate("the case is vacuous: %q never happened", f.String())
		}
	}
	switch {
	case r.stuck != nil && r.stuck.role == noting:
		r.violate("%s only informs, and its refusal keeps the saga from ending; it is shown as %s", r.stuck, r.states)
	case r.stuck != nil:
		if r.states != "" && r.states != saga.Parked {
			r.violate("%s is refused for good, and the saga is shown as %s, not parked", r.stuck, r.states)
		}
		r.judgeStanding(false)
	case !r.completed:
		if len(r.violations) == 0 {
			r.violate("the saga had not ended after %s; it is shown as %s (%v)", horizon, r.states, r.env.GetWorkflowError())
		}
	default:
		r.judgeEnd()
	}
}

func (r *run) judgeEnd() {
	if err := r.env.GetWorkflowError(); err != nil {
		r.violate("the workflow failed: %v", err)
	}
	through := true
	for _, o := range r.ops {
		if o.role == stepping && r.progress[o].ok == 0 {
			through = false
		}
	}
	closed := r.progress[r.closing()].ok
	switch {
	case through && (closed > 0 || r.turned):
		r.violate("the saga went through and turned back")
	case !through && closed == 0:
		r.violate("the saga ended, and neither went through nor was closed")
	}
	want := saga.Completed
	if !through {
		want = saga.Compensated
	}
	if r.states != "" && r.states != want {
		r.violate("the saga ended, and is shown as %s, not %s", r.states, want)
	}
	if r.saga.WentThrough != nil {
		if says, err := r.saga.WentThrough(r.env); err != nil || says != through {
			r.violate("the workflow says that it went through: %t (%v); its effects say %t", says, err, through)
		}
	}
	r.judgeStanding(true)
}

// judgeStanding judges which effects stand. ended is false where the saga is
// parked for good: what it could not do yet may be missing.
func (r *run) judgeStanding(ended bool) {
	pivoted := true // or there is no pivot, and it went through
	for _, o := range r.ops {
		if o.role == stepping && o.kind != saga.Retriable && r.progress[o].ok == 0 {
			pivoted = false
		}
	}
	for _, o := range r.ops {
		n := r.sides.standing(o)
		switch {
		case o.effectless || o.role == undoing || o.role == noting:
		case o.role == closing:
			if want := count(!pivoted); ended && n != want {
				r.violate("%s has taken effect %d times, not %d", o, n, want)
			}
		case pivoted && n != 1 && (ended || o != r.stuck):
			if ended || o.kind != saga.Retriable {
				r.violate("the saga went through, and the effect of %s stands %d times", o, n)
			}
		case !pivoted && n != 0 && (ended || o.undo != r.stuck && !r.behind(o)):
			r.violate("the saga turned back, and the effect of %s still stands", o)
		case !pivoted && ended && o.undo != nil && r.progress[o].started > 0 && r.progress[o.undo].ok == 0:
			r.violate("the saga turned back, and %s was not compensated", o)
		}
	}
}

// behind tells whether a step's compensation waits for the one that is stuck.
func (r *run) behind(o *op) bool {
	return r.stuck != nil && r.stuck.role == undoing && o.undo != nil && o.stage <= r.stuck.stage
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
