package workflows_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/workflows"
)

// TestReplay: every run that was ever recorded replays on this code. A change
// that breaks one needs another Revision, not another recording.
func TestReplay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/histories/*/*/*.json")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 22)
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			placeOrder, err := workflows.NewPlaceOrder()
			require.NoError(t, err)
			replayer := worker.NewWorkflowReplayer()
			replayer.RegisterWorkflowWithOptions(placeOrder.Run, workflow.RegisterOptions{Name: workflows.PlaceOrderName})
			require.NoError(t, replayer.ReplayWorkflowHistoryFromJSONFile(nil, file))
		})
	}
}
