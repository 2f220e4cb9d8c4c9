package saga_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/workflows/saga"
)

// flying runs a trip whose flight does what fn does while it waits.
func flying(t *testing.T, late time.Duration, fn func(ctx workflow.Context, r *saga.Run[trip]) error) *saga.Failure {
	t.Helper()
	var tr trip
	def := tr.definition()
	def.Stages[1][0].Action.Do = func(ctx workflow.Context, r *saga.Run[trip], _ *trip) error { return fn(ctx, r) }
	if late > 0 {
		tr.took = map[string]time.Duration{"car": late}
	}
	s, err := saga.New(def)
	require.NoError(t, err)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	var failure *saga.Failure
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		failure = s.Run(ctx, &tr)
		return nil
	})
	require.NoError(t, env.GetWorkflowError())
	return failure
}

// TestDeadlineMovedAsItPasses: its timer has fired, and in the same workflow task
// the step moves it.
func TestDeadlineMovedAsItPasses(t *testing.T) {
	t.Parallel()
	for moved, class := range map[time.Duration]saga.Class{time.Hour: "", time.Second: saga.Expired} {
		failure := flying(t, 0, func(ctx workflow.Context, r *saga.Run[trip]) error {
			begun := workflow.Now(ctx)
			return r.Wait(ctx, "flight", func(ctx workflow.Context) error {
				if err := workflow.Await(ctx, func() bool { return workflow.Now(ctx).Sub(begun) >= time.Minute }); err != nil {
					return err
				}
				r.SetDeadline(moved)
				return workflow.Sleep(ctx, time.Minute)
			})
		})
		if class == "" {
			require.Nil(t, failure)
			continue
		}
		require.NotNil(t, failure)
		require.Equal(t, class, failure.Class)
	}
}

// TestMovedDeadlineGivesTime: a step that began shortly before the deadline has its
// whole policy for what it asks after it moved that.
func TestMovedDeadlineGivesTime(t *testing.T) {
	t.Parallel()
	var before, after workflow.LocalActivityOptions
	failure := flying(t, 57*time.Second, func(ctx workflow.Context, r *saga.Run[trip]) error {
		before = workflow.GetLocalActivityOptions(ctx)
		r.SetDeadline(15 * time.Minute)
		return r.Wait(ctx, "flight", func(ctx workflow.Context) error {
			after = workflow.GetLocalActivityOptions(ctx)
			return nil
		})
	})
	require.Nil(t, failure)
	require.Equal(t, 3*time.Second, before.ScheduleToCloseTimeout)
	require.Equal(t, policy.ScheduleToClose, after.ScheduleToCloseTimeout)
	require.Equal(t, policy.StartToClose, after.StartToCloseTimeout)
}

// TestResumptionCannotBeGivenTime: what it asks has policies of its own.
func TestResumptionCannotBeGivenTime(t *testing.T) {
	t.Parallel()
	tr := trip{fail: map[string]error{"ask": keeps()}}
	def := tr.definition()
	def.Resume = &saga.Resume[trip]{
		Name: "ask", Action: tr.action("ask"), Due: func(*trip) bool { return true },
		Entry: func(*trip) (saga.Entry, *saga.Failure) { return saga.FromStart, nil },
	}
	s, err := saga.New(def)
	require.NoError(t, err)
	var suite testsuite.WorkflowTestSuite
	o := &operated{T: t, env: suite.NewTestWorkflowEnvironment()}
	o.env.RegisterDelayedCallback(func() {
		require.Equal(t, []saga.Decision{saga.Retry}, o.status().Parked[0].Decisions)
		delete(tr.fail, "ask")
		o.resolve(decision("ask", saga.Retry))
	}, 30*time.Second)
	o.env.ExecuteWorkflow(func(ctx workflow.Context) error {
		o.failure = s.Run(ctx, &tr)
		return nil
	})
	require.NoError(t, o.env.GetWorkflowError())
	require.Empty(t, o.refused)
	require.Nil(t, o.failure)
}
