package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/workflows/saga"
)

// audit records an operator's decision, for sure, before it takes effect.
func audit[S any](ctx workflow.Context, _ *S, r saga.Resolved) {
	record := record.On(ctx, "record the resolution")
	kept := order.Resolution{
		WorkflowID: workflow.GetInfo(ctx).WorkflowExecution.ID, ID: r.ID, Step: r.Step, Action: string(r.Action), Reason: r.Reason,
		Input: r.Input, By: r.By, Before: order.SagaState(r.Before), After: order.SagaState(r.After), At: r.At,
	}
	for workflow.ExecuteLocalActivity(record, orders.RecordResolution, kept).Get(ctx, nil) != nil {
		_ = workflow.Sleep(ctx, auditPause)
	}
}
