package sagatest

import (
	"fmt"
	"math"
	"time"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
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
	// idle is how long, on the wall's clock, the environment waits for nothing.
	idle = 30 * time.Second
)

// run is one case: a run of the saga with some faults.
type run struct {
	saga  Saga
	ops   []*op
	plan  plan
	fired []bool
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
	stuck      *op        // refused for good, and asked again and again
	completed  bool
	violations []string
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
	mustPark bool // it failed a whole round
}

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
		saga: s, ops: ops, plan: p, traced: traced, fired: make([]bool, len(p)),
		sides: participants{rows: map[rowKey]*row{}}, progress: map[*op]*progress{},
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
			r.violate("the run broke off: %v", p)
		}
	}()
	f()
}

func (r *run) violate(format string, args ...any) {
	v := fmt.Sprintf(format, args...)
	r.violations = append(r.violations, v)
	r.log("VIOLATION: %s", v)
}

func (r *run) log(format string, args ...any) {
	if !r.traced {
		return
	}
	r.trace = append(r.trace, fmt.Sprintf("%12s  ", r.env.Now().Sub(epoch))+fmt.Sprintf(format, args...))
}

// fault gives the fault of an attempt, and takes note that it happened.
func (r *run) fault(c *call, attempt int) fault {
	for i, f := range r.plan {
		if f.hits(c, attempt) {
			r.fired[i] = true
			return f
		}
	}
	return fault{}
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
	a := r.sides.apply(c.op, c.key)
	r.log("%s%s %s", how, c.op, a)
	if row := r.sides.row(c.op, c.key); row.stands && !before.stands {
		r.judgeEffect(c.op)
	}
	if c.op.role == undoing && a == yes {
		r.release(c.op.undoes)
	}
	return a
}

// release lets the zombies of a step act, now that its compensation has run.
func (r *run) release(step *op) {
	for _, l := range r.zombies {
		if l.c.op == step {
			r.land(l)
		}
	}
}

// intercept puts the run between the workflow and its activities.
type intercept struct {
	interceptor.WorkerInterceptorBase
	run *run
}

func (i *intercept) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &inbound{WorkflowInboundInterceptorBase: interceptor.WorkflowInboundInterceptorBase{Next: next}, run: i.run}
}

type inbound struct {
	interceptor.WorkflowInboundInterceptorBase
	run *run
}

func (i *inbound) Init(out interceptor.WorkflowOutboundInterceptor) error {
	return i.Next.Init(&outbound{WorkflowOutboundInterceptorBase: interceptor.WorkflowOutboundInterceptorBase{Next: out}, run: i.run})
}

// ExecuteWorkflow runs the saga.
func (i *inbound) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	r := i.run
	r.root = ctx
	r.deadline = workflow.Now(ctx).Add(r.saga.Deadline)
	res, err := i.Next.ExecuteWorkflow(ctx, in)
	r.completed = true
	r.log("the workflow ended: %v", err)
	return res, err
}

type outbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	run *run
}

// ExecuteActivity has the participants answer.
func (o *outbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	opts := workflow.GetActivityOptions(ctx)
	return o.run.call(ctx, name, args, policy{
		startToClose: opts.StartToCloseTimeout, scheduleToClose: opts.ScheduleToCloseTimeout,
		retry: opts.RetryPolicy, waits: opts.WaitForCancellation,
	})
}

// ExecuteLocalActivity has the participants answer.
func (o *outbound) ExecuteLocalActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	opts := workflow.GetLocalActivityOptions(ctx)
	return o.run.call(ctx, name, args, policy{
		startToClose: opts.StartToCloseTimeout, scheduleToClose: opts.ScheduleToCloseTimeout, retry: opts.RetryPolicy, local: true,
	})
}

// UpsertTypedSearchAttributes keeps the state that the saga shows.
func (o *outbound) UpsertTypedSearchAttributes(_ workflow.Context, updates ...temporal.SearchAttributeUpdate) error {
	if s, ok := temporal.NewSearchAttributes(updates...).GetKeyword(saga.AttrState); ok {
		o.run.states = saga.State(s)
		o.run.log("shown as %s", s)
	}
	return nil
}

// silent is a logger that says nothing.
type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
