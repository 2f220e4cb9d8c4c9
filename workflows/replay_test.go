package workflows_test

import (
	"encoding/base64"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/workers"
	"github.com/skaldhq/skald/workflows"
)

// histories holds the recorded runs: a directory a saga, in it one a revision.
const histories = "testdata/histories"

// outcomes are the ways in which a saga can end, or come to its end. Each has a
// recorded run at least, of whatever revision.
func outcomes() map[string][]string {
	return map[string][]string{
		workflows.PlaceOrderName: {
			"confirmed", "confirmed_async", "payment_declined", "insufficient_stock", "user_not_found", "user_inactive", "product_not_found",
			"action_confirmed", "action_failed", "action_timeout", "cancelled", "cancelled_by_customer", "failed",
			"void_retried", "void_retried_with", "void_skipped", "capture_reversed", "commit_reversed", "commit_skipped",
			"again_after_capture", "again_while_waiting", "again_while_compensating",
		},
		workflows.RefundOrderName: {"done", "done_partly", "order_cancelled", "refused", "refund_retried", "return_skipped", "again"},
		workflows.RepairOrderName: {"done", "refused"},
		workflows.TakePaymentName: {
			"captured", "captured_async", "payment_declined", "method_invalid", "user_not_found", "user_inactive",
			"action_confirmed", "action_failed", "action_timeout", "cancelled",
			"again_from_the_start", "again_while_waiting", "again_while_compensating",
		},
		workflows.RefundTakenPaymentName: {"done", "done_partly", "failed", "again"},
		workflows.ReconcileName:          {"agrees", "runs_again", "found"},
		workflows.DeliverWebhookName: {
			"delivered", "retried", "slow", "failed", "gone", "disabled", "deleted", "redelivered", "redelivered_while_waiting", "rotated",
		},
	}
}

// TestEveryOutcomeIsRecorded: `make histories` records those that are missing.
func TestEveryOutcomeIsRecorded(t *testing.T) {
	t.Parallel()
	var all registered
	require.NoError(t, workers.RegisterSagas(&all))
	workers.RegisterDeliveries(&all)
	require.ElementsMatch(t, slices.Collect(maps.Keys(outcomes())), all)
	for saga, names := range outcomes() {
		for _, name := range names {
			files, err := filepath.Glob(filepath.Join(histories, directory(saga), "*", name+".json"))
			require.NoError(t, err)
			assert.NotEmpty(t, files, "%s has no recorded run that is %s", saga, name)
		}
	}
}

// TestChangesAreRecorded: of each change that a run marks in its history there is
// a recorded run that made it.
func TestChangesAreRecorded(t *testing.T) {
	t.Parallel()
	for _, change := range []string{"parked-told-again"} {
		marked := base64.StdEncoding.EncodeToString([]byte(`"` + change + `"`)) // as payloads are
		require.True(t, slices.ContainsFunc(recordings(t), func(file string) bool {
			raw, err := os.ReadFile(file)
			require.NoError(t, err)
			return strings.Contains(string(raw), marked)
		}), "no recorded run marks %s", change)
	}
}

// registered are the names of the workflows that workers run.
type registered []string

// RegisterWorkflowWithOptions keeps the name.
func (r *registered) RegisterWorkflowWithOptions(_ any, o workflow.RegisterOptions) {
	*r = append(*r, o.Name)
}

// directory is where the recorded runs of a saga are.
func directory(saga string) string {
	return strings.ToLower(regexp.MustCompile(`([a-z])([A-Z])`).ReplaceAllString(saga, "${1}_${2}"))
}

// recordings are the files of all recorded runs.
func recordings(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(histories, "*", "*", "*.json"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 110, "a recorded run is never deleted")
	return files
}

// TestReplay: every run that was ever recorded replays on this code. A change
// that breaks one needs another Revision, not another recording.
func TestReplay(t *testing.T) {
	t.Parallel()
	for _, file := range recordings(t) {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			replayer := worker.NewWorkflowReplayer()
			require.NoError(t, workers.RegisterSagas(replayer))
			workers.RegisterDeliveries(replayer)
			require.NoError(t, replayer.ReplayWorkflowHistoryFromJSONFile(nil, file))
		})
	}
}
