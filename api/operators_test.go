package api_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/workflows/saga"
)

const workflowID = "order/ord_1"

// described is a run as Temporal knows it: parked, if it is a saga's.
func described(t *testing.T, status enums.WorkflowExecutionStatus, isSaga bool) *workflowservice.DescribeWorkflowExecutionResponse {
	t.Helper()
	run := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: "run"}, Type: &commonpb.WorkflowType{Name: "PlaceOrder"}, Status: status,
	}
	if status != enums.WORKFLOW_EXECUTION_STATUS_RUNNING {
		run.CloseTime = timestamppb.Now()
	}
	if isSaga {
		state, err := converter.GetDefaultDataConverter().ToPayload(string(saga.Parked))
		require.NoError(t, err)
		run.SearchAttributes = &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{saga.AttrState.GetName(): state}}
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: run}
}

// answered is a status as a query gives it.
type answered struct{ saga.Status }

func (answered) HasValue() bool { return true }
func (a answered) Get(into any) error {
	*into.(*saga.Status) = a.Status
	return nil
}

// TestOperatorsGet: a saga is what says so of itself, and is parked only while it runs.
func TestOperatorsGet(t *testing.T) {
	t.Parallel()
	const running, terminated = enums.WORKFLOW_EXECUTION_STATUS_RUNNING, enums.WORKFLOW_EXECUTION_STATUS_TERMINATED
	parked := saga.Status{State: saga.Parked, Parked: []saga.ParkedStatus{{Step: "VoidPayment"}}}
	for _, tc := range []struct {
		name   string
		status enums.WorkflowExecutionStatus
		none   bool // it is no saga
		query  error
		parked int
		code   string
	}{
		{name: "parked", status: running, parked: 1},
		{name: "cut off while parked", status: terminated},
		{name: "no worker", status: running, query: context.DeadlineExceeded, parked: -1},
		{name: "no saga", status: running, none: true, code: "saga_not_found"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := mocks.NewClient(t)
			c.On("DescribeWorkflowExecution", mock.Anything, workflowID, "").Return(described(t, tc.status, !tc.none), nil)
			if !tc.none {
				c.On("QueryWorkflow", mock.Anything, workflowID, "run", saga.QueryStatus).Return(answered{parked}, tc.query)
			}
			found, status, err := api.NewOperators(c, "default").Get(t.Context(), workflowID)
			if tc.code != "" {
				require.Equal(t, tc.code, fault.From(err).Code)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tc.status != running, found.EndedAt != nil)
			if tc.parked < 0 {
				require.Nil(t, status)
				return
			}
			require.Len(t, status.Parked, tc.parked)
		})
	}
}

// TestOperatorsResolve: what a decision is answered with that is not taken.
func TestOperatorsResolve(t *testing.T) {
	t.Parallel()
	const running, completed = enums.WORKFLOW_EXECUTION_STATUS_RUNNING, enums.WORKFLOW_EXECUTION_STATUS_COMPLETED
	for _, tc := range []struct {
		name   string
		status enums.WorkflowExecutionStatus
		none   bool // it is no saga
		update error
		kind   fault.Kind
		code   string
	}{
		{"it has ended", completed, false, nil, fault.Conflict, saga.NotParked},
		{"it ends meanwhile", running, false, serviceerror.NewNotFound("workflow execution already completed"), fault.Conflict, saga.NotParked},
		{"no saga", running, true, nil, fault.NotFound, "saga_not_found"},
		{"refused", running, false, temporal.NewApplicationError("No.", saga.NotAllowed), fault.Conflict, saga.NotAllowed},
		{"badly made", running, false, temporal.NewApplicationError("No.", saga.BadResolution), fault.Refused, saga.BadResolution},
		{"the server waits no longer", running, false, client.NewWorkflowUpdateServiceTimeoutOrCanceledError(errors.New("late")), fault.Unknown, "saga_unanswered"},
		{"Temporal is away", running, false, serviceerror.NewUnavailable("away"), fault.Unavailable, "temporal_unavailable"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := mocks.NewClient(t)
			c.On("DescribeWorkflowExecution", mock.Anything, workflowID, "").Return(described(t, tc.status, !tc.none), nil)
			if tc.update != nil {
				c.On("UpdateWorkflow", mock.Anything, mock.Anything).Return(nil, tc.update)
			}
			_, err := api.NewOperators(c, "default").Resolve(t.Context(), workflowID, saga.Resolution{ID: "1", Step: "VoidPayment", Action: saga.Retry})
			require.Equal(t, tc.code, fault.From(err).Code)
			require.Equal(t, tc.kind, fault.KindOf(err))
		})
	}
}

// TestResolveEndsWithoutWorker: who decides is told, before the server drops the
// connection, that nobody answers.
func TestResolveEndsWithoutWorker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := mocks.NewClient(t)
		c.On("DescribeWorkflowExecution", mock.Anything, workflowID, "").Return(described(t, enums.WORKFLOW_EXECUTION_STATUS_RUNNING, true), nil)
		c.On("UpdateWorkflow", mock.Anything, mock.Anything).Run(func(args mock.Arguments) {
			<-args.Get(0).(context.Context).Done()
		}).Return(nil, context.DeadlineExceeded)
		begun := time.Now()
		_, err := api.NewOperators(c, "default").Resolve(t.Context(), workflowID, saga.Resolution{ID: "1", Step: "VoidPayment", Action: saga.Retry})
		require.Equal(t, "saga_unanswered", fault.From(err).Code)
		require.Equal(t, 20*time.Second, time.Since(begun))
	})
}
