package sagatest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/skaldhq/skald/workflows/saga"
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
var (
	transient = []kind{fail, lost, timeout, late, zombie, panics}
	single    = []kind{refuses, slow, overdue, cancelBefore, cancelDuring, cancelZombie, cancelDone, cancelAfter}
)

func (k kind) cancels() bool { return strings.HasPrefix(string(k), "cancel") }

// held kinds may befall an operation until an operator decides.
var held = []kind{fail, lost, zombie, refuses}

func decisions() []saga.Decision {
	return []saga.Decision{saga.Retry, saga.RetryWith, saga.Skip, saga.Compensate}
}

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
	// decide is what an operator does about it once the saga is parked: until
	// then it befalls every attempt, a refusal is not for good, and what is tried
	// again then succeeds. Empty: nobody decides.
	decide saga.Decision
}

func (f fault) String() string {
	s := strings.TrimSpace(f.place.String() + " " + string(f.kind))
	if f.lasting {
		s += " on and on"
	}
	if f.attempt > 1 {
		s += ", second attempt"
	}
	if f.decide != "" {
		s += " until " + string(f.decide)
	}
	return s
}

// name is the fault without its place.
func (f fault) name() string {
	f.place = place{op: &op{}, call: 1}
	return f.String()
}

// column is where the report counts the fault.
func (f fault) column() string {
	if f.decide != "" {
		return string(f.decide)
	}
	return string(f.kind)
}

// columns gives every one.
func columns() (out []string) {
	for _, k := range append(append([]kind{}, transient...), single...) {
		out = append(out, string(k))
	}
	for _, d := range decisions() {
		out = append(out, string(d))
	}
	return out
}

// hits tells whether the fault befalls an attempt of a call.
func (f fault) hits(c *call, attempt int) bool {
	if c.op != f.op {
		return false
	}
	if f.decide != "" {
		return c.n >= f.call
	}
	if !f.lasting {
		return c.n == f.call && attempt == f.attempt
	}
	return (c.n == f.call && attempt >= f.attempt) || c.n == f.call+1
}

// faults gives every fault of a place from an attempt on that makes sense there.
func (p place) faults(attempt int) (out []fault) {
	for _, f := range p.every(attempt) {
		if p.op.senseless(f) == "" {
			out = append(out, f)
		}
	}
	return out
}

func (p place) every(attempt int) (out []fault) {
	for _, k := range transient {
		out = append(out, fault{place: p, kind: k, attempt: attempt}, fault{place: p, kind: k, attempt: attempt, lasting: true})
	}
	for _, k := range single {
		out = append(out, fault{place: p, kind: k, attempt: attempt})
	}
	return out
}

// parkings gives every fault that parks the saga at a place until an operator
// decides.
func (p place) parkings() (out []fault) {
	for _, k := range held {
		for _, d := range decisions() {
			out = append(out, fault{place: p, kind: k, attempt: 1, decide: d})
		}
	}
	return out
}

// senseless tells why a fault makes no sense; empty: it does.
func (o *op) senseless(f fault) string {
	switch {
	case o.effectless && f.kind.needsEffect():
		return o.Name + " has no effect to be lost or late"
	case o.Sure && f.kind == refuses:
		return o.Name + " is never refused, by its contract"
	case o.kind == saga.Pivot && f.kind == refuses && f.decide != "":
		return "a refusal of the pivot turns the saga back, and parks nothing"
	default:
		return ""
	}
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
		if f.kind == refuses && f.decide == "" && f.op == o {
			return true
		}
	}
	return false
}

// slows tells whether the case holds an answer up: whatever waits for it is late.
func (p plan) slows() bool {
	return slices.ContainsFunc(p, func(f fault) bool { return f.kind == slow || f.kind == overdue })
}
