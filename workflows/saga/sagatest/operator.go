package sagatest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/testsuite"

	"github.com/skaldhq/skald/workflows/saga"
)

// patient is what the operator gives an attempt by retry_with.
const patient = 2 * time.Minute

// operate has an operator decide on a call that failed, if the case says so.
func (r *run) operate(c *call) {
	for i, f := range r.plan {
		if f.decide != "" && f.op == c.op && r.fates[i].struck && !r.fates[i].asked {
			r.fates[i].asked = true
			r.env.RegisterDelayedCallback(func() { r.protect(func() { r.decide(i, f.op, f.decide) }) }, moment)
		}
	}
}

// decidable tells whether an operator has a say in the case.
func (r *run) decidable() bool {
	return slices.ContainsFunc(r.plan, func(f fault) bool { return f.decide != "" })
}

// expects gives the decisions that make sense about an operation.
func (r *run) expects(o *op) []saga.Decision {
	all := []saga.Decision{saga.Retry, saga.RetryWith}
	if !r.musts(o) {
		all = append(all, saga.Skip)
	}
	back := slices.ContainsFunc(r.ops, func(o *op) bool { return o.role == reversing })
	if o.forward() && back {
		all = append(all, saga.Compensate)
	}
	return all
}

// musts tells whether the operation cannot be skipped: nobody knows whether the
// pivot happened, and how the saga ended has to be recorded.
func (r *run) musts(o *op) bool {
	switch o.role {
	case stepping:
		return o.kind == saga.Pivot || o.final
	case reversing:
		return o.undoes.final
	case closing, noting:
		return true
	default:
		return false
	}
}

// decide looks at what is parked, and decides on it. A decision that makes no
// sense has to be refused; then it is tried again.
func (r *run) decide(i int, o *op, d saga.Decision) {
	value, err := r.env.QueryWorkflow(saga.QueryStatus)
	var status saga.Status
	if err == nil {
		err = value.Get(&status)
	}
	if err != nil {
		r.violate(offered, "the saga does not tell how it stands: %v", err)
		return
	}
	parked := slices.IndexFunc(status.Parked, func(p saga.ParkedStatus) bool { return p.Step == o.Name })
	if parked < 0 && len(status.Parked) > 0 {
		parked = 0 // an action of several operations
	}
	if parked < 0 || status.State != saga.Parked {
		r.violate(parkedShown, "%s failed, and an operator sees the saga as %q, parked at %v", o, status.State, status.Parked)
		return
	}
	at := status.Parked[parked]
	want := r.expects(o)
	if !slices.Equal(at.Decisions, want) {
		r.violate(offered, "at %s an operator is offered %v, not %v", at.Step, at.Decisions, want)
	}
	r.send(i, o, at.Step, d, slices.Contains(want, d))
}

// send sends a decision. What made the operation fail is mended by then.
func (r *run) send(i int, o *op, at string, d saga.Decision, sensible bool) {
	in := saga.Resolution{ID: fmt.Sprintf("%d %s", i, d), Step: at, Action: d, Reason: "explored", By: "operator"}
	if d == saga.RetryWith {
		in.Input, _ = json.Marshal(saga.Patience{StartToClose: patient.String()}) // two strings always fit
	}
	r.log("an operator decides: %s %s", d, at)
	if sensible && (d == saga.Retry || d == saga.RetryWith) {
		r.fates[i].mended = true
	}
	r.env.UpdateWorkflow(saga.UpdateResolve, in.ID, &testsuite.TestUpdateCallback{
		OnAccept: func() {
			if !sensible {
				r.violate(offered, "the decision to %s %s makes no sense, and is taken", d, at)
			}
		},
		OnReject: func(err error) {
			if sensible {
				r.violate(offered, "the decision to %s %s is refused: %v", d, at, err)
				return
			}
			r.log("that is refused: %v", err)
			r.send(i, o, at, saga.Retry, true)
		},
		OnComplete: func(_ any, err error) {
			if err != nil {
				r.violate(offered, "the decision to %s %s fails: %v", d, at, err)
				return
			}
			r.fates[i].mended = true
			r.taken(o, d)
		},
	}, in)
}

// taken takes note of a decision that the saga has taken.
func (r *run) taken(o *op, d saga.Decision) {
	r.log("%s: %s is taken", o, d)
	r.decided++
	for _, audit := range r.ops {
		if audit.role == auditing && r.progress[audit].ok < r.decided {
			r.violate(audited, "the decision to %s %s is taken before %s has recorded it", d, o, audit)
		}
	}
	p := r.progress[o]
	switch d {
	case saga.Compensate:
		r.reversed = true
	case saga.Skip:
		p.skipped = true
		for _, step := range r.ops {
			if o.undoes != nil && step.role == stepping && step.at(o.undoes) {
				r.progress[step].left = true
			}
		}
	default:
		if p.ok == 0 { // else it succeeded meanwhile
			p.due = r.env.Now()
		}
		if d == saga.RetryWith {
			p.patience = patient
		}
	}
}

// judgeDecided judges a call of an operation that an operator decided on.
func (r *run) judgeDecided(o *op, p *progress, how policy) {
	if p.skipped {
		r.violate(obeyed, "%s is called although an operator skipped it", o)
	}
	if !p.due.IsZero() && !r.plan.slows() && r.env.Now().Sub(p.due) > prompt {
		r.violate(obeyed, "%s is tried again only %s after an operator said so", o, r.env.Now().Sub(p.due))
	}
	if p.patience > 0 && how.startToClose != p.patience {
		r.violate(obeyed, "%s has %s an attempt, not the %s that an operator gave it", o, how.startToClose, p.patience)
	}
	p.due, p.patience = time.Time{}, 0
}
