package mended_test

import (
	"context"
	"net/url"
	"strings"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/skaldhq/skald/test/stack/stacktest"
)

// recordRuns keeps a history of each outcome of a run that goes on after one that
// was cut, of a repair, and of the reconciler's rounds.
func (v *vandal) recordRuns() {
	v.Helper()
	for outcome, workflowID := range v.again {
		saga, name, _ := strings.Cut(outcome, "/")
		v.Recorded(saga, name, stacktest.ClosedHistory(v.T, v.temporal, workflowID))
	}
	for outcome, location := range map[string]string{"done": v.repairs[0], "refused": v.repairs[len(v.repairs)-1]} {
		repair, err := url.PathUnescape(location)
		require.NoError(v, err)
		v.Recorded("RepairOrder", outcome, stacktest.ClosedHistory(v.T, v.temporal, repair))
	}

	ctx := context.Background()
	rounds, err := v.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Query: "WorkflowType = 'Reconcile' AND ExecutionStatus = 'Completed'", PageSize: 1000,
	})
	require.NoError(v, err)
	seen := map[string]bool{}
	for _, round := range rounds.Executions {
		var did struct{ Again, Found, Resolved int }
		id := round.Execution.WorkflowId
		require.NoError(v, v.temporal.GetWorkflow(ctx, id, "").Get(ctx, &did))
		for outcome, is := range map[string]bool{
			"agrees": did.Again+did.Found+did.Resolved == 0, "runs_again": did.Again > 0, "found": did.Found > 0, "resolved": did.Resolved > 0,
		} {
			if is && !seen[outcome] {
				seen[outcome] = true
				v.Recorded("Reconcile", outcome, stacktest.History(v.T, v.temporal, id))
			}
		}
	}
	for _, outcome := range []string{"agrees", "runs_again", "found"} {
		require.True(v, seen[outcome], "no round %s", outcome)
	}
}
