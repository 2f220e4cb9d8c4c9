package workers_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	sdk "go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/skaldhq/skald/workers"
	"github.com/skaldhq/skald/workflows"
)

// rounds is a Temporal that knows when rounds ended.
type rounds struct {
	client.Client
	ended []time.Time
	err   error
}

func (r *rounds) ListWorkflow(context.Context, *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	found := &workflowservice.ListWorkflowExecutionsResponse{}
	for _, at := range r.ended {
		found.Executions = append(found.Executions, &workflow.WorkflowExecutionInfo{CloseTime: timestamppb.New(at)})
	}
	return found, r.err
}

// TestWatchRounds: the gauge tells when a round last ended, and stays where none
// ends any more.
func TestWatchRounds(t *testing.T) {
	t.Parallel()
	metrics := prometheus.NewRegistry()
	gauge := func() float64 {
		all, err := metrics.Gather()
		require.NoError(t, err)
		require.Len(t, all, 1)
		require.Equal(t, "skald_reconcile_last_round_timestamp_seconds", all[0].GetName())
		return all[0].GetMetric()[0].GetGauge().GetValue()
	}
	r := &rounds{}
	watch := workers.WatchRounds(r, "default", metrics)
	_, err := watch(t.Context())
	require.NoError(t, err)
	require.Zero(t, gauge())
	r.ended = []time.Time{time.Unix(1000, 5e8)}
	_, err = watch(t.Context())
	require.NoError(t, err)
	require.InDelta(t, 1000.5, gauge(), 0)
	r.ended, r.err = nil, errors.New("down")
	_, err = watch(t.Context())
	require.Error(t, err)
	require.InDelta(t, 1000.5, gauge(), 0)
}

// schedules keeps the schedule that it is told to make or to change.
type schedules struct {
	client.ScheduleClient
	known  bool
	action client.ScheduleAction
}

// scheduler is a Temporal with such schedules, and handle one of them.
type (
	scheduler struct {
		client.Client
		all *schedules
	}
	handle struct {
		client.ScheduleHandle
		of *schedules
	}
)

func (s scheduler) ScheduleClient() client.ScheduleClient { return s.all }

func (s *schedules) Create(_ context.Context, o client.ScheduleOptions) (client.ScheduleHandle, error) {
	if s.known {
		return nil, temporal.ErrScheduleAlreadyRunning
	}
	s.action = o.Action
	return handle{of: s}, nil
}

func (s *schedules) GetHandle(context.Context, string) client.ScheduleHandle { return handle{of: s} }

func (h handle) Update(_ context.Context, o client.ScheduleUpdateOptions) error {
	done, err := o.DoUpdate(client.ScheduleUpdateInput{})
	h.of.action = done.Schedule.Action
	return err
}

// TestRoundsEnd: a round that hangs ends by itself, also where the schedule was
// made before.
func TestRoundsEnd(t *testing.T) {
	t.Parallel()
	for _, known := range []bool{false, true} {
		s := &schedules{known: known}
		_, err := workers.NewReconciling(scheduler{all: s}, time.Minute, time.Second).Keep(t.Context())
		require.NoError(t, err)
		action, ok := s.action.(*client.ScheduleWorkflowAction)
		require.True(t, ok)
		require.Equal(t, 30*time.Minute, action.WorkflowRunTimeout)
	}
}

// behaviors are how workflows are registered.
type behaviors map[string]sdk.VersioningBehavior

// RegisterWorkflowWithOptions keeps it.
func (b behaviors) RegisterWorkflowWithOptions(_ any, o sdk.RegisterOptions) {
	b[o.Name] = o.VersioningBehavior
}

// TestRoundsMoveOn: a round goes on with any version; sagas are pinned, which is
// the worker's default.
func TestRoundsMoveOn(t *testing.T) {
	t.Parallel()
	b := behaviors{}
	require.NoError(t, workers.RegisterSagas(b))
	require.Len(t, b, 6)
	for name, behavior := range b {
		want := sdk.VersioningBehaviorUnspecified
		if name == workflows.ReconcileName {
			want = sdk.VersioningBehaviorAutoUpgrade
		}
		require.Equal(t, want, behavior, name)
	}
}
