package sagatest

import (
	"fmt"
	"strings"
)

// kind is a way in which an attempt goes wrong, or what happens meanwhile.
type kind string

const (
	fail    kind = "fails"       // before its effect
	lost    kind = "loses reply" // after its effect
	timeout kind = "times out"   // without effect
	late    kind = "lands late"  // times out, and has its effect a moment later
	zombie  kind = "is a zombie" // times out, and tries its effect after its compensation, or at the end
	panics  kind = "panics"      //
	refuses kind = "refuses"     // for good
	slow    kind = "is slow"     // its reply is seen just before the deadline
	overdue kind = "is overdue"  // its reply is seen just after the deadline

	cancelBefore kind = "cancel before" // it was scheduled, not yet begun
	cancelDuring kind = "cancel during" // it has its effect after the cancellation
	cancelZombie kind = "cancel zombie" // it tries its effect after its compensation, or at the end
	cancelDone   kind = "cancel done"   // it had its effect, the reply is not yet seen
	cancelAfter  kind = "cancel after"  // its reply was seen
)

// transient kinds may befall one attempt, or every one for two calls: longer
// than it takes to park.
var transient = []kind{fail, lost, timeout, late, zombie, panics}

var single = []kind{refuses, slow, overdue, cancelBefore, cancelDuring, cancelZombie, cancelDone, cancelAfter}

func (k kind) cancels() bool { return strings.HasPrefix(string(k), "cancel") }

// needsEffect tells whether the kind is about an effect.
func (k kind) needsEffect() bool {
	switch k {
	case lost, late, zombie, cancelZombie:
		return true
	default:
		return false
	}
}

// place is the n-th call of an operation, from 1.
type place struct {
	op   *op
	call int
}

func (p place) String() string {
	if p.call == 1 {
		return p.op.Name
	}
	return fmt.Sprintf("%s#%d", p.op.Name, p.call)
}

// fault is one thing that goes wrong in a run.
type fault struct {
	place
	kind    kind
	lasting bool
	attempt int // at which it begins, from 1
}

func (f fault) String() string {
	s := strings.TrimSpace(f.place.String() + " " + string(f.kind))
	if f.lasting {
		s += " on and on"
	}
	if f.attempt > 1 {
		s += ", second attempt"
	}
	return s
}

// hits tells whether the fault befalls an attempt of a call.
func (f fault) hits(c *call, attempt int) bool {
	if c.op != f.op {
		return false
	}
	if !f.lasting {
		return c.n == f.call && attempt == f.attempt
	}
	return (c.n == f.call && attempt >= f.attempt) || c.n == f.call+1
}

// faults gives every fault of a place from an attempt on, and the ones that
// make no sense there.
func (p place) faults(attempt int) (out, senseless []fault) {
	add := func(f fault) {
		if p.op.effectless && f.kind.needsEffect() {
			senseless = append(senseless, f)
			return
		}
		out = append(out, f)
	}
	for _, k := range transient {
		add(fault{place: p, kind: k, attempt: attempt})
		add(fault{place: p, kind: k, attempt: attempt, lasting: true})
	}
	for _, k := range single {
		add(fault{place: p, kind: k, attempt: attempt})
	}
	return out, senseless
}

// plan is the faults of one case.
type plan []fault

func (p plan) String() string {
	if len(p) == 0 {
		return "no fault"
	}
	var parts []string
	for _, f := range p {
		parts = append(parts, f.String())
	}
	return strings.Join(parts, " + ")
}

// forGood tells whether the case makes the saga park until somebody decides: a
// participant refuses what the saga must do.
func (p plan) forGood(o *op) bool {
	for _, f := range p {
		if f.kind == refuses && f.op == o {
			return true
		}
	}
	return false
}
