package api

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/workflows/saga"
)

// Operators is what operators see of the sagas, and may do with them.
type Operators interface {
	// List gives a page of sagas, newest first; state empty: of every state.
	List(ctx context.Context, state saga.State, limit int, cursor string) (items []SagaSummary, next string, err error)
	// Get tells how one saga stands, its steps as far as a worker answers:
	// errNoSaga.
	Get(ctx context.Context, workflowID string) (SagaSummary, saga.Status, error)
	// Resolve decides on a parked step. The same id again gives the same answer.
	Resolve(ctx context.Context, workflowID string, r saga.Resolution) (saga.Resolved, error)
}

var (
	errNoSaga = fault.New(fault.NotFound, "saga_not_found", "No such saga.")
	errCursor = fault.InvalidField("cursor", "not a cursor of an earlier page")
)

// SagaSummary is a saga as a list shows it.
type SagaSummary struct {
	WorkflowID string     `json:"workflow_id" doc:"Find it in the Temporal Web UI by it" example:"order/ord_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Saga       string     `json:"saga" doc:"What kind of saga it is" example:"PlaceOrder"`
	State      saga.State `json:"state" enum:"running,waiting,compensating,parked,completed,compensated"`
	Step       string     `json:"step" doc:"Where it was when its state changed" example:"VoidPayment"`
	StartedAt  time.Time  `json:"started_at"`
	EndedAt    *time.Time `json:"ended_at" doc:"Null while it runs"`
}

// TemporalOperators are Operators on Temporal.
type TemporalOperators struct {
	client    client.Client
	namespace string
}

var _ Operators = (*TemporalOperators)(nil)

// NewOperators returns operators on a namespace of Temporal.
func NewOperators(c client.Client, namespace string) *TemporalOperators {
	return &TemporalOperators{client: c, namespace: namespace}
}

// List gives a page of sagas by Temporal's visibility.
func (o *TemporalOperators) List(ctx context.Context, state saga.State, limit int, cursor string) ([]SagaSummary, string, error) {
	token, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, "", errCursor
	}
	query := fmt.Sprintf("%s IS NOT NULL", saga.AttrState.GetName())
	switch state {
	case "":
	case saga.Completed, saga.Compensated:
		query = fmt.Sprintf("%s = '%s'", saga.AttrState.GetName(), state)
	default: // a run that was terminated keeps the state it had
		query = fmt.Sprintf("%s = '%s' AND ExecutionStatus = 'Running'", saga.AttrState.GetName(), state)
	}
	found, err := o.client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: o.namespace, Query: query, PageSize: int32(limit), NextPageToken: token, //nolint:gosec // at most 100
	})
	var invalid *serviceerror.InvalidArgument
	if errors.As(err, &invalid) && cursor != "" {
		return nil, "", errCursor
	}
	if err != nil {
		return nil, "", unavailable(err)
	}
	items := make([]SagaSummary, len(found.Executions))
	for i, run := range found.Executions {
		items[i] = summary(run)
	}
	return items, base64.RawURLEncoding.EncodeToString(found.NextPageToken), nil
}

// Get asks the saga itself; without a worker that answers there is only what
// Temporal knows.
func (o *TemporalOperators) Get(ctx context.Context, workflowID string) (SagaSummary, saga.Status, error) {
	var status saga.Status
	run, err := o.client.DescribeWorkflowExecution(ctx, workflowID, "")
	if err != nil {
		return SagaSummary{}, status, noSaga(err)
	}
	found := summary(run.GetWorkflowExecutionInfo())
	asking, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	value, err := o.client.QueryWorkflow(asking, workflowID, run.GetWorkflowExecutionInfo().GetExecution().GetRunId(), saga.QueryStatus)
	if err != nil { // no worker, or none of the version that the run is pinned to
		return found, saga.Status{Saga: found.Saga, State: found.State, Steps: []saga.StepStatus{}, Parked: []saga.ParkedStatus{}}, nil
	}
	if err := value.Get(&status); err != nil {
		return SagaSummary{}, status, fmt.Errorf("read status of saga: %w", err)
	}
	return found, status, nil
}

// queryTimeout is how long a saga may take to tell how it stands.
const queryTimeout = 5 * time.Second

// Resolve sends the update. Its id is the resolution's, so that Temporal takes
// it once.
func (o *TemporalOperators) Resolve(ctx context.Context, workflowID string, r saga.Resolution) (saga.Resolved, error) {
	var done saga.Resolved
	handle, err := o.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: workflowID, UpdateID: r.ID, UpdateName: saga.UpdateResolve, Args: []any{r},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, &done)
	}
	var refused *temporal.ApplicationError
	if errors.As(err, &refused) {
		switch refused.Type() {
		case saga.BadResolution:
			return done, fault.New(fault.Refused, saga.BadResolution, refused.Message())
		case saga.NotParked, saga.NotAllowed:
			return done, fault.New(fault.Conflict, refused.Type(), refused.Message())
		}
	}
	if err != nil {
		return done, noSaga(err)
	}
	return done, nil
}

func summary(run *workflow.WorkflowExecutionInfo) SagaSummary {
	s := SagaSummary{
		WorkflowID: run.GetExecution().GetWorkflowId(), Saga: run.GetType().GetName(), StartedAt: run.GetStartTime().AsTime(),
		State: saga.State(keyword(run.GetSearchAttributes(), saga.AttrState.GetName())),
		Step:  keyword(run.GetSearchAttributes(), saga.AttrStep.GetName()),
	}
	if run.GetStatus() != enums.WORKFLOW_EXECUTION_STATUS_RUNNING && run.GetCloseTime() != nil {
		ended := run.GetCloseTime().AsTime()
		s.EndedAt = &ended
	}
	return s
}

// keyword reads a search attribute; empty where there is none.
func keyword(attributes *common.SearchAttributes, name string) (value string) {
	if payload := attributes.GetIndexedFields()[name]; payload != nil {
		_ = converter.GetDefaultDataConverter().FromPayload(payload, &value) // what is no text has no place here
	}
	return value
}

// noSaga tells a saga that is not there, or has ended, from a Temporal that
// does not answer.
func noSaga(err error) error {
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return errNoSaga
	}
	return unavailable(err)
}

func unavailable(err error) error {
	return fault.New(fault.Unavailable, "temporal_unavailable", "Temporal did not answer.").Because(err)
}
