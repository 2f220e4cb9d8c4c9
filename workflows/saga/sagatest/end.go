package sagatest

import "github.com/skaldhq/skald/workflows/saga"

// atEnd lets land what is still on its way, and judges how it ended.
func (r *run) atEnd() {
	for _, l := range append(r.owed, r.zombies...) {
		r.land(l)
	}
	for i, f := range r.plan {
		if !r.fates[i].met {
			r.violate(notVacuous, "the case is vacuous: %q never happened", f.String())
		}
	}
	switch {
	case r.stuck != nil && !r.stuck.insisted():
		r.violate(notesLight, "%s only informs, and its refusal keeps the saga from ending; it is shown as %q", r.stuck, r.states)
	case r.stuck != nil:
		if r.states != saga.Parked {
			r.violate(parkedShown, "%s is refused for good, and the saga is shown as %q, not parked", r.stuck, r.states)
		}
		r.judgeStanding(false)
	case !r.completed:
		if len(r.violations) == 0 {
			r.violate(ends, "the saga had not ended after %s; it is shown as %q (%v)", horizon, r.states, r.env.GetWorkflowError())
		}
	default:
		r.judgeEnd()
	}
}

func (r *run) judgeEnd() {
	if err := r.env.GetWorkflowError(); err != nil {
		r.violate(noFailure, "the workflow failed: %v", err)
	}
	through := !r.reversed
	for _, o := range r.ops {
		if o.role == stepping && !r.progress[o].done() {
			through = false
		}
	}
	closing := r.closing()
	closed := closing != nil && r.progress[closing].ok > 0
	for _, o := range r.ops {
		if o.role == reversing && o.undoes.final && r.progress[o].ok > 0 {
			closed = true
		}
	}
	switch {
	case through && (closed || r.turned):
		r.violate(oneEnd, "the saga went through and turned back")
	case !through && !closed && closing != nil:
		r.violate(oneEnd, "the saga ended, and neither went through nor was closed")
	}
	want := saga.Completed
	if !through {
		want = saga.Compensated
	}
	if r.states != want {
		r.violate(finalState, "the saga ended, and is shown as %q, not %s", r.states, want)
	}
	if r.sides.mark != "" && r.sides.mark != want && !r.unmarked {
		r.violate(finalMark, "the saga ended, and is recorded as %q, not %s", r.sides.mark, want)
	}
	if r.saga.WentThrough != nil {
		if says, err := r.saga.WentThrough(r.env); err != nil || says != through {
			r.violate(sayingSo, "the workflow says that it went through: %t (%v); its effects say %t", says, err, through)
		}
	}
	for i, f := range r.plan {
		if f.decide != "" && r.fates[i].struck && !r.fates[i].mended {
			r.violate(obeyed, "the saga ended before an operator could decide on %s", f.op)
		}
	}
	r.judgeStanding(true)
}

// judgeStanding judges which effects stand. ended is false where the saga is
// parked for good: what it could not do yet may be missing.
func (r *run) judgeStanding(ended bool) {
	pivoted := !r.reversed // or there is no pivot, and it went through
	for _, o := range r.ops {
		if o.role == stepping && o.kind != saga.Retriable && !r.progress[o].done() {
			pivoted = false
		}
	}
	reversed := false // in place of the closing
	for _, o := range r.ops {
		reversed = reversed || (o.role == reversing && o.undoes.final && r.progress[o].ok > 0)
	}
	for _, o := range r.ops {
		n := r.sides.standing(o)
		switch {
		case o.role == closing:
			if want := count(!pivoted && !reversed); ended && n != want {
				r.violate(onceEach, "%s has taken effect %d times, not %d", o, n, want)
			}
		case o.role != stepping || o.effectless:
		case pivoted:
			r.judgeForward(o, n, ended)
		default:
			r.judgeBack(o, n, ended)
		}
	}
}

// judgeForward judges a step, with n effects, of a saga that went through.
func (r *run) judgeForward(o *op, n int, ended bool) {
	may := r.progress[o].skipped || (!ended && o.kind == saga.Retriable) // be missing
	if n > 1 || (n == 0 && !may) {
		r.violate(onceEach, "the saga went through, and the effect of %s stands %d times", o, n)
	}
}

// judgeBack judges a step, with n effects, of a saga that turned back.
func (r *run) judgeBack(o *op, n int, ended bool) {
	if n != 0 && !r.progress[o].left && (ended || !r.behind(o)) {
		r.violate(nothingLeft, "the saga turned back, and the effect of %s still stands", o)
	}
	if ended && o.undo != nil && !r.compensated(o) {
		r.violate(undone, "the saga turned back, and %s was not compensated", o)
	}
}

// behind tells whether a step's compensation is stuck, or waits for one that is.
func (r *run) behind(o *op) bool {
	switch {
	case r.stuck == nil:
		return false
	case r.reversed || r.decidable():
		return true // the reversal, or what is left of the way forward, waits for it
	default:
		return r.stuck.role == undoing && o.stage <= r.stuck.stage
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
