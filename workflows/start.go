package workflows

import (
	"context"
	"fmt"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/workflows/saga"
)

// sagaOptions is how a saga is started, by whoever starts it: once for its id.
// It is searchable by its state from the start.
func sagaOptions(id, summary, details string, attributes ...temporal.SearchAttributeUpdate) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                       id,
		TaskQueue:                QueueOrder,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            summary,
		StaticDetails:            details,
		TypedSearchAttributes: temporal.NewSearchAttributes(append(attributes,
			saga.AttrState.ValueSet(string(saga.Running)), saga.AttrStep.ValueSet("start"))...),
	}
}

// start starts a saga, unless the options forbid it because there was one with
// its id. what names it in the error.
func start(ctx context.Context, c client.Client, what string, o client.StartWorkflowOptions, name string, input any) error {
	_, err := c.ExecuteWorkflow(ctx, o, name, input)
	if err != nil && !temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		return fmt.Errorf("start %s: %w", what, err)
	}
	return nil
}

// orAgain lets a saga start again whose run was cut off, but not one that has ended.
func orAgain(o client.StartWorkflowOptions) client.StartWorkflowOptions {
	o.WorkflowIDReusePolicy = enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY
	return o
}

// answerOutcome lets clients await the outcome, also of a saga that somebody
// cancels: it is told once answered is set.
func answerOutcome[O any](ctx workflow.Context, answered *bool, outcome func() O, description string) error {
	return workflow.SetUpdateHandlerWithOptions(ctx, UpdateOutcome, func(ctx workflow.Context) (O, error) {
		sure, _ := workflow.NewDisconnectedContext(ctx)
		err := workflow.Await(sure, func() bool { return *answered })
		return outcome(), err
	}, workflow.UpdateHandlerOptions{Description: description})
}

// awaitHandlers waits until everybody who asked the run has an answer: what is
// still being answered at its end is lost. No cancellation cuts it short.
func awaitHandlers(ctx workflow.Context) error {
	sure, _ := workflow.NewDisconnectedContext(ctx)
	return workflow.Await(sure, func() bool { return workflow.AllHandlersFinished(sure) })
}
