package tracing

import (
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"
)

// lives ends the spans of what lives longer than a process, where it ends for the
// first time: not where a worker forgets a run, and not where one replays it. It
// goes inside the interceptor that begins them.
type lives struct{ interceptor.InterceptorBase }

// InterceptWorkflow watches a run.
func (*lives) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	i := &life{}
	i.Next = next
	return i
}

type life struct {
	interceptor.WorkflowInboundInterceptorBase
}

// ExecuteWorkflow ends the span of a run that came to its end.
func (l *life) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	out, err := l.Next.ExecuteWorkflow(ctx, in)
	ended(ctx, err)
	return out, err
}

// ExecuteUpdate ends the span of an update that was answered.
func (l *life) ExecuteUpdate(ctx workflow.Context, in *interceptor.UpdateInput) (any, error) {
	out, err := l.Next.ExecuteUpdate(ctx, in)
	ended(ctx, err)
	return out, err
}

// ended ends the span of what came to its end, where it did so for the first time. A
// run that goes on as another one did not fail.
func ended(ctx workflow.Context, err error) {
	if workflow.IsContinueAsNewError(err) {
		err = nil
	}
	if s, ok := ctx.Value(temporalSpanKey{}).(*temporalSpan); ok && s.lives && !workflow.IsReplaying(ctx) {
		s.end(err)
	}
}
