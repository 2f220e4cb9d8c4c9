package sagatest

import (
	"fmt"
	"math"
	"time"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/workflows/saga"
)

const (
	// horizon ends a run that does not end by itself.
	horizon = 48 * time.Hour
	// patience is how often an operation that is refused for good may be asked
	// before the run counts as parked for good.
	patience = 3
	// noteMost is the same for what only informs.
	noteMost = 20
	// mostCalls is how often an operation may be asked in any case.
	mostCalls = 50
	// idle is how long, on the wall's clock, the environment waits for nothing.
	idle = 30 * time.Second
)

// run is one case: a run of the saga with some faults.
type run struct {
	saga  Saga
	ops   []*op
	plan  plan
	fates []fate // of the faults of the plan
	env   *testsuite.TestWorkflowEnvironment

	sides    participants
	progress map[*op]*progress
	calls    []*call
	zombies  []*landing // due after their compensation
	owed     []*landing // due at their time, or at the end

	root       workflow.Context
	deadline   time.Time
	turned     bool       // a compensation, or the closing, was asked for
	reason     string     // why it may turn back
	states     saga.State // as last shown
	reversed   bool       // an operator turned it back
	unmarked   bool       // a refusal kept the saga's state from being recorded
	decided    int        // decisions that took effect
	stuck      *op        // refused for good, and asked again and again
	completed  bool
	violations []string
	rules      []rule // that each violates
	traced     bool
	trace      []string
}

// progress is how an operation got on.
type progress struct {
	calls    int
	started  int // calls that were scheduled
	ok       int // calls that the saga saw answered well
	refused  bool
	refusals int
	mustPark bool          // it failed a whole round
	undone   bool          // its compensation or reversal took effect
	skipped  bool          // an operator took it for done
	left     bool          // ... or its compensation
	due      time.Time     // an operator had it tried again; zero: none did
	patience time.Duration // that an attempt has from then on; 0: as before
}

// done tells whether the saga may go on.
func (p *progress) done() bool { return p.ok > 0 || p.skipped }

// call is one call of an activity by the workflow.
type call struct {
	op        *op
	n         int
	attempts  int
	scheduled bool
	key       string
	Call
}

// landing is an effect still on its way.
type landing struct {
	c    *call
	done bool
}

// play runs one case, with a trace of it or without.
func play(s Saga, ops []*op, p plan, traced bool) *run {
	r := &run{
		saga: s, ops: ops, plan: p, traced: traced, fates: make([]fate, len(p)),
		sides: participants{ops: ops, rows: map[rowKey]*row{}}, progress: map[*op]*progress{},
	}
	for _, o := range ops {
		r.progress[o] = &progress{}
	}
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silent{})
	r.env = suite.NewTestWorkflowEnvironment()
	r.env.SetWorkerOptions(worker.Options{
		Interceptors:             []interceptor.WorkerInterceptor{&intercept{run: r}},
		DeadlockDetectionTimeout: math.MaxInt64, // it costs a ticker a task
	})
	r.env.SetTestTimeout(idle)
	r.env.SetWorkflowRunTimeout(horizon)
	r.env.SetStartTime(epoch)
	r.protect(func() { s.Run(r.env) })
	r.atEnd()
	return r
}

// epoch is when every run begins.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// reach is what the run called.
func (r *run) reach() reach {
	out := reach{}
	for _, c := range r.calls {
		if c.scheduled {
			out[place{c.op, c.n}] = c.attempts
		}
	}
	return out
}

// protect turns a panic of the environment, such as its idle timeout, into a
// violation.
func (r *run) protect(f func()) {
	defer func() {
		if p := recover(); p != nil {
			r.violate(brokeOff, "the run broke off: %v", p)
		}
	}()
	f()
}

func (r *run) violate(rule rule, format string, args ...any) {
	v := fmt.Sprintf(format, args...)
	r.violations = append(r.violations, v)
	r.rules = append(r.rules, rule)
	r.log("VIOLATION: %s", v)
}

func (r *run) log(format string, args ...any) {
	if !r.traced {
		return
	}
	r.trace = append(r.trace, fmt.Sprintf("%12s  ", r.env.Now().Sub(epoch))+fmt.Sprintf(format, args...))
}

// fate is what became of a fault.
type fate struct {
	met    bool   // its attempt was made
	struck bool   // it made a difference
	why    string // it made none
	asked  bool   // an operator was
	mended bool   // an operator did
}

// fault gives the fault of an attempt.
func (r *run) fault(c *call, attempt int) fault {
	for i, f := range r.plan {
		if f.hits(c, attempt) && !r.fates[i].mended {
			r.fates[i].met = true
			return f
		}
	}
	return fault{}
}

func (r *run) fate(f fault) *fate {
	for i := range r.plan {
		if r.plan[i] == f {
			return &r.fates[i]
		}
	}
	return &fate{} // no fault
}

func (r *run) strike(f fault) { r.fate(f).struck = true }

func (r *run) miss(f fault, why string) { r.fate(f).why = why }

// missed tells why the case is none: one of its faults could make no
// difference. Empty: all did.
func (r *run) missed() string {
	for i, f := range r.fates {
		if f.met && !f.struck {
			return fmt.Sprintf("at %s %s", r.plan[i].op, f.why)
		}
	}
	return ""
}

// cancelled tells whether the workflow knows that it is.
func (r *run) cancelled() bool { return r.root.Err() != nil }

// whose finds the operation of a call.
func (r *run) whose(c Call) *op {
	for _, o := range r.ops {
		if o.Activity == c.Activity && (o.Match == nil || o.Match(c)) {
			return o
		}
	}
	return nil
}

// land lets an effect come about, if it did not yet.
func (r *run) land(l *landing) {
	if !l.done {
		l.done = true
		r.apply(l.c, "late ")
	}
}

// apply has the participant do it.
func (r *run) apply(c *call, how string) answer {
	before := *r.sides.row(c.op, c.key)
	a := r.sides.apply(c)
	r.log("%s%s %s", how, c.op, a)
	if a == other {
		r.violate(otherRequest, "%s is asked for something else than before", c.op)
	}
	if row := r.sides.row(c.op, c.key); row.stands && !before.stands {
		r.judgeEffect(c.op)
	}
	if c.op.undoes != nil && a == yes {
		r.release(c.op.undoes)
	}
	return a
}

// release lets the zombies at a step's participant act, now that it was undone.
func (r *run) release(step *op) {
	for _, o := range r.ops {
		if o.role == stepping && o.at(step) {
			r.progress[o].undone = true
		}
	}
	for _, l := range r.zombies {
		if l.c.op.role == stepping && l.c.op.at(step) {
			r.land(l)
		}
	}
}
