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
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/mocks"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/internal/fault"
)

// ran is a run as Temporal lists it.
func ran(id string, closed int64) *workflowpb.WorkflowExecutionInfo {
	return &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: id}, CloseTime: &timestamppb.Timestamp{Seconds: closed},
	}
}

// TestRuns: oldest first, and the newest also where the list does not have it yet.
func TestRuns(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		describe error
		listed   []*workflowpb.WorkflowExecutionInfo
		list     error
		want     []string
		kind     fault.Kind
	}{
		{name: "one", listed: []*workflowpb.WorkflowExecutionInfo{ran("run", 0)}, want: []string{"run"}},
		{name: "not listed yet", want: []string{"run"}},
		{name: "many", listed: []*workflowpb.WorkflowExecutionInfo{ran("run", 0), ran("b", 2), ran("a", 1)}, want: []string{"a", "b", "run"}},
		{name: "none is kept", describe: serviceerror.NewNotFound("none")},
		{name: "Temporal is away", describe: serviceerror.NewUnavailable("away"), kind: fault.Unavailable},
		{name: "its list is away", list: serviceerror.NewUnavailable("away"), kind: fault.Unavailable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := mocks.NewClient(t)
			c.On("DescribeWorkflowExecution", mock.Anything, workflowID, "").Return(described(t, enums.WORKFLOW_EXECUTION_STATUS_RUNNING, true), tc.describe)
			if tc.describe == nil {
				c.On("ListWorkflow", mock.Anything, mock.MatchedBy(func(r *workflowservice.ListWorkflowExecutionsRequest) bool {
					return r.GetQuery() == "WorkflowId = 'order/ord_1'"
				})).Return(&workflowservice.ListWorkflowExecutionsResponse{Executions: tc.listed}, tc.list)
			}
			runs, err := api.NewHistories(c, "default").Runs(t.Context(), workflowID)
			if tc.kind != "" {
				require.Equal(t, tc.kind, fault.KindOf(err))
				return
			}
			require.NoError(t, err)
			require.Equal(t, tc.want, runs)
		})
	}
}

// historyServer is a server that has one answer, or none.
type historyServer struct {
	workflowservice.WorkflowServiceClient
	answer *workflowservice.GetWorkflowExecutionHistoryResponse
	err    error
}

func (s historyServer) GetWorkflowExecutionHistory(ctx context.Context, _ *workflowservice.GetWorkflowExecutionHistoryRequest, _ ...grpc.CallOption) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
	if s.answer == nil && s.err == nil {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.answer, s.err
}

// TestEvents: what a question for events is answered with, and how long it waits.
func TestEvents(t *testing.T) {
	t.Parallel()
	events := []*historypb.HistoryEvent{{EventId: 7}}
	for _, tc := range []struct {
		name   string
		server historyServer
		events int
		next   string
		kind   fault.Kind
	}{
		{name: "events", server: historyServer{answer: &workflowservice.GetWorkflowExecutionHistoryResponse{
			History: &historypb.History{Events: events}, NextPageToken: []byte("on"),
		}}, events: 1, next: "on"},
		{name: "nothing happens", next: "here"},
		{name: "the server waits no longer", server: historyServer{err: serviceerror.NewDeadlineExceeded("late")}, next: "here"},
		{name: "not kept any more", server: historyServer{err: serviceerror.NewNotFound("none")}},
		{name: "Temporal is away", server: historyServer{err: errors.New("away")}, kind: fault.Unavailable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := mocks.NewClient(t)
				c.On("WorkflowService").Return(tc.server)
				begun := time.Now()
				events, next, err := api.NewHistories(c, "default").Events(t.Context(), workflowID, "run", []byte("here"), true)
				require.LessOrEqual(t, time.Since(begun), historyWait)
				if tc.kind != "" {
					require.Equal(t, tc.kind, fault.KindOf(err))
					return
				}
				require.NoError(t, err)
				require.Len(t, events, tc.events)
				require.Equal(t, tc.next, string(next))
			})
		})
	}
}
