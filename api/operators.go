package api

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/workflows/saga"
)

// Operators is what operators see of the sagas, and may do with them.
type Operators interface {
	// List gives a page of sagas, newest first; state empty: of every state.
	List(ctx context.Context, state saga.State, limit int, cursor string) (items []SagaSummary, next string, err error)
	// Get tells how one saga stands. The status is nil while no worker answers
	// that runs it; a saga that has ended is parked nowhere. errNoSaga.
	Get(ctx context.Context, workflowID string) (SagaSummary, *saga.Status, error)
	// Resolve decides on a parked step. The same id again gives the same answer,
	// whatever it comes with. errNoSaga; errEnded; errUnanswered; Refused and
	// Conflict: what the saga itself says of the decision.
	Resolve(ctx context.Context, workflowID string, r saga.Resolution) (saga.Resolved, error)
}

var (
	errNoSaga = fault.New(fault.NotFound, "saga_not_found", "No such saga.")
	errCursor = fault.InvalidField("cursor", "not a cursor of an earlier page")
	errEnded  = fault.New(fault.Conflict, saga.NotParked, "The saga has ended.")
	// What the saga itself says of a decision; its words tell more.
	errNotAllowed    = fault.New(fault.Conflict, saga.NotAllowed, "The step does not allow this decision.")
	errBadResolution = fault.New(fault.Refused, saga.BadResolution, "The decision is not complete.")
	// errUnanswered: no worker took the decision in time. One may still take it.
	errUnanswered = fault.New(fault.Unknown, codeUnanswered, "No worker answered that runs the saga.")
)

// codeUnanswered is the code of a saga of which no worker answers.
const codeUnanswered = "saga_unanswered"

// SagaSummary is a saga as a list shows it.
type SagaSummary struct {
	WorkflowID string     `json:"workflow_id" doc:"Names the saga, here and in the Temporal Web UI" example:"order/ord_01k9m2v6y7e4p8s0t2w4x6z8ab"`
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
	token, ok := pageToken(cursor)
	if !ok {
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
	return items, pageCursor(found.NextPageToken), nil
}

// pageCursor is Temporal's token of the next page behind its checksum: what it did
// not make itself, Temporal cannot tell from a failure of its own.
func pageCursor(token []byte) string {
	if len(token) == 0 {
		return ""
	}
	sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(token))
	return base64.RawURLEncoding.EncodeToString(append(sum, token...))
}

// pageToken is the token of a cursor that pageCursor made.
func pageToken(cursor string) (token []byte, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || cursor == "" {
		return nil, cursor == ""
	}
	if len(raw) <= crc32.Size {
		return nil, false
	}
	sum, token := raw[:crc32.Size], raw[crc32.Size:]
	return token, binary.BigEndian.Uint32(sum) == crc32.ChecksumIEEE(token)
}

// Get asks the saga itself; without a worker that answers there is only what
// Temporal knows.
func (o *TemporalOperators) Get(ctx context.Context, workflowID string) (SagaSummary, *saga.Status, error) {
	run, err := o.describe(ctx, workflowID)
	if err != nil {
		return SagaSummary{}, nil, err
	}
	found := summary(run)
	asking, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	value, err := o.client.QueryWorkflow(asking, workflowID, run.GetExecution().GetRunId(), saga.QueryStatus)
	if err != nil { // no worker, or none of the version that the run is pinned to
		return found, nil, nil //nolint:nilerr // which is told by that there is no status
	}
	var status saga.Status
	if err := value.Get(&status); err != nil {
		return SagaSummary{}, nil, fmt.Errorf("read status of saga: %w", err)
	}
	if found.EndedAt != nil { // a run that was cut off while it was parked says so for ever
		status.Parked = []saga.ParkedStatus{}
	}
	return found, &status, nil
}

// queryTimeout is how long a saga may take to tell how it stands.
const queryTimeout = 5 * time.Second

// describe gives the newest run of a saga: errNoSaga, also for a workflow that is
// none.
func (o *TemporalOperators) describe(ctx context.Context, workflowID string) (*workflow.WorkflowExecutionInfo, error) {
	found, err := o.client.DescribeWorkflowExecution(ctx, workflowID, "")
	if isNotFound(err) {
		return nil, errNoSaga
	}
	if err != nil {
		return nil, unavailable(err)
	}
	run := found.GetWorkflowExecutionInfo()
	if keyword(run.GetSearchAttributes(), saga.AttrState.GetName()) == "" {
		return nil, errNoSaga
	}
	return run, nil
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

func isNotFound(err error) bool {
	var none *serviceerror.NotFound
	return errors.As(err, &none)
}

func unavailable(err error) *fault.Error {
	return fault.New(fault.Unavailable, "temporal_unavailable", "Temporal did not answer.").Because(err)
}
