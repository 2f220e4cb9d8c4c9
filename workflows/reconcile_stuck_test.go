package workflows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/workflows"
)

// TestReconcileGoesOnWithoutTheStuck: sagas that cannot be started hold up neither
// the others nor the round; the next round tries them again, however long ago
// they were cut.
func TestReconcileGoesOnWithoutTheStuck(t *testing.T) {
	t.Parallel()
	for name, stuck := range map[string][]string{"one": {"refund/rfd_cut"}, "all": {"order/ord_cut", "refund/rfd_cut"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate()
			e.stuck = stuck
			env := reconcile(t, e, workflows.ReconcileInput{})
			require.NoError(t, env.GetWorkflowError())
			require.Len(t, e.recorded, 1)
			for _, id := range []string{"order/ord_cut", "refund/rfd_cut"} {
				require.Equal(t, !slices.Contains(stuck, id), slices.Contains(e.again, id), "%s of %v", id, e.again)
			}
			var result workflows.ReconcileResult
			require.NoError(t, env.GetWorkflowResult(&result))
			require.Equal(t, 2-len(stuck), result.Again)
			require.ElementsMatch(t, stuck, result.Left)

			e.stuck, e.cut, e.open, e.again = nil, nil, nil, nil // Temporal names only what was cut since
			next := workflows.ReconcileInput{Round: &workflows.Round{Retry: result.Left}}
			env = reconcile(t, e, next)
			require.NoError(t, env.GetWorkflowError())
			require.ElementsMatch(t, stuck, e.again)
			var after workflows.ReconcileResult
			require.NoError(t, env.GetWorkflowResult(&after))
			require.Empty(t, after.Left)
		})
	}
}

// TestReconcileBeginsWithWhatWasLeft: a round hands on what it could not start.
func TestReconcileBeginsWithWhatWasLeft(t *testing.T) {
	t.Parallel()
	e := newEstate()
	e.cut, e.open = nil, nil
	e.last = &workflows.ReconcileResult{Swept: time.Now().Add(-time.Minute), Began: time.Now().Add(-time.Minute), Left: []string{"refund/rfd_cut"}}
	require.NoError(t, reconcile(t, e, workflows.ReconcileInput{}).GetWorkflowError())
	require.Equal(t, []string{"refund/rfd_cut"}, e.again)
}
