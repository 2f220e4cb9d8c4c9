package api

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/workflows/saga"
)

// resolveTimeout is how long a saga may take to record a decision. It is well
// below answerTimeout, so that whoever decides is told.
const resolveTimeout = 20 * time.Second

// Resolve sends the update. Its id is the resolution's, so that Temporal takes
// it once.
func (o *TemporalOperators) Resolve(ctx context.Context, workflowID string, r saga.Resolution) (saga.Resolved, error) {
	var done saga.Resolved
	run, err := o.describe(ctx, workflowID)
	if err != nil {
		return done, err
	}
	if summary(run).EndedAt != nil {
		return done, errEnded
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	handle, err := o.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: workflowID, UpdateID: r.ID, UpdateName: saga.UpdateResolve, Args: []any{r},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, &done)
	}
	return done, whyNot(ctx, err)
}

// whyNot is why a decision was not taken, or is not known to be.
func whyNot(ctx context.Context, err error) error {
	var refused *temporal.ApplicationError
	if errors.As(err, &refused) {
		switch refused.Type() {
		case saga.BadResolution:
			return fault.New(fault.Refused, saga.BadResolution, refused.Message())
		case saga.NotParked, saga.NotAllowed:
			return fault.New(fault.Conflict, refused.Type(), refused.Message())
		}
	}
	var late *client.WorkflowUpdateServiceTimeoutOrCanceledError
	switch {
	case err == nil:
		return nil
	case isNotFound(err): // it was there a moment ago
		return errEnded
	case errors.As(err, &late), ctx.Err() != nil:
		return errUnanswered.Because(err)
	default:
		return unavailable(err)
	}
}
