package sagatest

import (
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/workflows/saga"
)

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
