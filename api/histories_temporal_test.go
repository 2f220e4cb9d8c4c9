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
// That nothing was heard is never the end of a run.
func TestEvents(t *testing.T) {
	t.Parallel()
	events := []*historypb.HistoryEvent{{EventId: 7}}
	page := func(next string) *workflowservice.GetWorkflowExecutionHistoryResponse {
		return &workflowservice.GetWorkflowExecutionHistoryResponse{History: &historypb.History{Events: events}, NextPageToken: []byte(next)}
	}
	late, none := serviceerror.NewDeadlineExceeded("late"), serviceerror.NewNotFound("none")
	for _, tc := range []struct {
		name   string
		server historyServer
		from   string
		glance bool // it does not wait
		events int
		next   string
		ended  bool
		kind   fault.Kind
	}{
		{name: "events", server: historyServer{answer: page("on")}, from: "here", events: 1, next: "on"},
		{name: "the last ones", server: historyServer{answer: page("")}, from: "here", events: 1, ended: true},
		{name: "all so far", server: historyServer{answer: page("")}, glance: true, events: 1},
		{name: "nothing happens", from: "here", next: "here"},
		{name: "nothing is heard from the start"},
		{name: "the server waits no longer", server: historyServer{err: late}, from: "here", next: "here"},
		{name: "the server waits no longer at the start", server: historyServer{err: late}},
		{name: "not kept any more", server: historyServer{err: none}, from: "here", ended: true},
		{name: "not kept, at a glance", server: historyServer{err: none}, glance: true, ended: true},
		{name: "Temporal is away", server: historyServer{err: errors.New("away")}, from: "here", kind: fault.Unavailable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := mocks.NewClient(t)
				c.On("WorkflowService").Return(tc.server)
				begun, from := time.Now(), []byte(nil)
				if tc.from != "" {
					from = []byte(tc.from)
				}
				got, err := api.NewHistories(c, "default").Events(t.Context(), workflowID, "run", from, !tc.glance)
				require.LessOrEqual(t, time.Since(begun), historyWait)
				if tc.kind != "" {
					require.Equal(t, tc.kind, fault.KindOf(err))
					return
				}
				require.NoError(t, err)
				require.Len(t, got.Events, tc.events)
				require.Equal(t, tc.next, string(got.Next))
				require.Equal(t, tc.ended, got.Ended)
			})
		})
	}
}

// TestMute: who does not wait for events does not wait for a Temporal that is mute
// either.
func TestMute(t *testing.T) {
	t.Parallel()
	mute := func(args mock.Arguments) { <-args.Get(0).(context.Context).Done() }
	describing := func(c *mocks.Client) *mock.Call {
		return c.On("DescribeWorkflowExecution", mock.Anything, workflowID, mock.Anything)
	}
	for name, tc := range map[string]struct {
		temporal func(t *testing.T, c *mocks.Client)
		ask      func(ctx context.Context, h *api.TemporalHistories) error
	}{
		"events": {
			temporal: func(_ *testing.T, c *mocks.Client) { c.On("WorkflowService").Return(historyServer{}) },
			ask: func(ctx context.Context, h *api.TemporalHistories) error {
				_, err := h.Events(ctx, workflowID, "run", nil, false)
				return err
			},
		},
		"the newest run": {
			temporal: func(_ *testing.T, c *mocks.Client) { describing(c).Run(mute).Return(nil, context.DeadlineExceeded) },
			ask: func(ctx context.Context, h *api.TemporalHistories) error {
				_, err := h.Runs(ctx, workflowID)
				return err
			},
		},
		"the list of runs": {
			temporal: func(t *testing.T, c *mocks.Client) {
				describing(c).Return(described(t, enums.WORKFLOW_EXECUTION_STATUS_RUNNING, true), nil)
				c.On("ListWorkflow", mock.Anything, mock.Anything).Run(mute).Return(nil, context.DeadlineExceeded)
			},
			ask: func(ctx context.Context, h *api.TemporalHistories) error {
				_, err := h.Runs(ctx, workflowID)
				return err
			},
		},
		"pending activities": {
			temporal: func(_ *testing.T, c *mocks.Client) { describing(c).Run(mute).Return(nil, context.DeadlineExceeded) },
			ask: func(ctx context.Context, h *api.TemporalHistories) error {
				_, err := h.Pending(ctx, workflowID, "run")
				return err
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := mocks.NewClient(t)
				tc.temporal(t, c)
				asking, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				begun := time.Now()
				err := tc.ask(asking, api.NewHistories(c, "default"))
				require.Equal(t, "temporal_unavailable", fault.From(err).Code)
				require.LessOrEqual(t, time.Since(begun), 5*time.Second)
			})
		})
	}
}
