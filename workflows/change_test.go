package workflows

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/workflows/saga"
)

// TestIncompatibleChange: a change of the saga that runs under way could not
// follow is caught by the recorded runs.
func TestIncompatibleChange(t *testing.T) {
	t.Parallel()
	const confirmed, skipped, reversed = "confirmed", "void_skipped", "commit_reversed"
	for name, tc := range map[string]struct {
		change func(def *saga.Definition[placement])
		by     string // the recorded run that it breaks
	}{
		"a step is added": {func(def *saga.Definition[placement]) {
			again := checkCustomer()
			again.Name = "CheckCustomerAgain"
			def.Stages[1] = append(def.Stages[1], again)
		}, confirmed},
		"a step is dropped":          {func(def *saga.Definition[placement]) { def.Stages[0] = def.Stages[0][1:] }, confirmed},
		"steps that ran in parallel": {func(def *saga.Definition[placement]) { def.Stages = split(def.Stages, 0) }, confirmed},
		"steps in another order": {func(def *saga.Definition[placement]) {
			def.Stages[0][0], def.Stages[0][1] = def.Stages[0][1], def.Stages[0][0]
		}, confirmed},
		"stages in another order":     {func(def *saga.Definition[placement]) { def.Stages[0], def.Stages[1] = def.Stages[1], def.Stages[0] }, confirmed},
		"reversed in another order":   {func(def *saga.Definition[placement]) { def.Reverse[0], def.Reverse[1] = def.Reverse[1], def.Reverse[0] }, reversed},
		"another compensation":        {func(def *saga.Definition[placement]) { def.Stages[1][0].Undo.Action = reverseStock().Action }, skipped},
		"an eager deadline":           {func(def *saga.Definition[placement]) { def.EagerDeadline = func(*placement) bool { return true } }, confirmed},
		"its state is no longer told": {func(def *saga.Definition[placement]) { def.Attributes = nil; def.OnState = nil }, skipped},
		"an operation more at its end": {func(def *saga.Definition[placement]) {
			original := def.Close.Action.Do
			def.Close.Action.Do = func(ctx workflow.Context, r *run, p *placement) error {
				if err := workflow.ExecuteLocalActivity(ctx, orders.MarkSaga, order.Mark{}).Get(ctx, nil); err != nil {
					return err
				}
				return original(ctx, r, p)
			}
		}, skipped},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := "testdata/histories/place_order/r1/" + tc.by + ".json"
			def := placeOrder()
			require.NoError(t, replay(t, def, file))
			tc.change(&def)
			require.ErrorContains(t, replay(t, def, file), "[TMPRL1100]") // the SDK's code for what is not deterministic
		})
	}
}

// split makes a stage of each step of one stage.
func split(stages []saga.Stage[placement], i int) (all []saga.Stage[placement]) {
	all = append(all, stages[:i]...)
	for _, s := range stages[i] {
		all = append(all, saga.Stage[placement]{s})
	}
	return append(all, stages[i+1:]...)
}

func replay(t *testing.T, def saga.Definition[placement], file string) error {
	t.Helper()
	w, err := newPlaceOrder(def)
	require.NoError(t, err)
	replayer := worker.NewWorkflowReplayer()
	replayer.RegisterWorkflowWithOptions(w.Run, workflow.RegisterOptions{Name: PlaceOrderName})
	return replayer.ReplayWorkflowHistoryFromJSONFile(log.NewStructuredLogger(slog.New(slog.DiscardHandler)), file)
}
