package saga_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/workflows/saga"
)

// TestParkedIsToldAgain: whoever could not be told that a saga is parked is told
// after the next round. A run that was parked before that was so replays as it was.
func TestParkedIsToldAgain(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		old  bool
		told []saga.State
	}{
		{"now", false, []saga.State{saga.Parked, saga.Parked, saga.Parked, saga.Running, saga.Completed}},
		{"as it was", true, []saga.State{saga.Parked, saga.Running, saga.Completed}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tr := trip{fail: map[string]error{"mail": keeps()}}
			def := tr.definition()
			var told []saga.State
			def.OnState = func(_ workflow.Context, _ *trip, s saga.State) {
				if told = append(told, s); len(told) == 3 {
					delete(tr.fail, "mail")
				}
			}
			s, err := saga.New(def)
			require.NoError(t, err)
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestWorkflowEnvironment()
			if tc.old {
				env.OnGetVersion("parked-told-again", workflow.DefaultVersion, workflow.Version(1)).Return(workflow.DefaultVersion)
				env.RegisterDelayedCallback(func() { delete(tr.fail, "mail") }, time.Hour)
			}
			env.ExecuteWorkflow(func(ctx workflow.Context) error {
				_ = s.Run(ctx, &tr)
				return nil
			})
			require.NoError(t, env.GetWorkflowError())
			require.Equal(t, tc.told, told)
		})
	}
}

// TestParkedStepIsOneThatIs: of two steps that are parked the one that is left is
// the one that lists show.
func TestParkedStepIsOneThatIs(t *testing.T) {
	t.Parallel()
	tr := trip{fail: map[string]error{"mail": keeps(), "post": keeps()}}
	def := tr.definition()
	def.Stages[3] = append(def.Stages[3], saga.Step[trip]{Name: "post", Kind: saga.Retriable, Action: tr.action("post")})
	s, err := saga.New(def)
	require.NoError(t, err)
	var suite testsuite.WorkflowTestSuite
	o := &operated{T: t, env: suite.NewTestWorkflowEnvironment()}
	var steps []string
	o.env.OnUpsertTypedSearchAttributes(mock.MatchedBy(func(a temporal.SearchAttributes) bool {
		if step, ok := a.GetKeyword(saga.AttrStep); ok {
			steps = append(steps, step)
		}
		return true
	})).Return(nil)
	o.env.RegisterDelayedCallback(func() { o.resolve(decision("post", saga.Skip)) }, 30*time.Second)
	o.env.RegisterDelayedCallback(func() {
		require.Equal(t, saga.Parked, o.status().State)
		require.Equal(t, "mail", steps[len(steps)-1])
		o.resolve(decision("mail", saga.Skip))
	}, 31*time.Second)
	o.env.ExecuteWorkflow(func(ctx workflow.Context) error {
		_ = s.Run(ctx, &tr)
		return nil
	})
	require.NoError(t, o.env.GetWorkflowError())
	require.Equal(t, []string{"mail", "post", "mail", "mail", "done"}, steps)
}
