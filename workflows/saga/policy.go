package saga

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// within is the policy of an action that has only so much time left.
func (p Policy) within(left time.Duration) Policy {
	p.ScheduleToClose = max(min(p.ScheduleToClose, left), time.Millisecond)
	p.StartToClose = min(p.StartToClose, p.ScheduleToClose)
	return p
}

// On puts the policy on the context, for the action's activity to take.
// There is no cap on attempts: what ends the retries is ScheduleToClose.
func (p Policy) On(ctx workflow.Context, summary string) workflow.Context {
	retry := &temporal.RetryPolicy{InitialInterval: p.FirstRetry, BackoffCoefficient: 2, MaximumInterval: p.LastRetry}
	if p.Queue == "" {
		return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
			StartToCloseTimeout:    p.StartToClose,
			ScheduleToCloseTimeout: p.ScheduleToClose,
			RetryPolicy:            retry,
			Summary:                summary,
		})
	}
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              p.Queue,
		StartToCloseTimeout:    p.StartToClose,
		ScheduleToCloseTimeout: p.ScheduleToClose,
		RetryPolicy:            retry,
		Summary:                summary,
	})
}
