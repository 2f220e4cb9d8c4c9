package sealed_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/skaldhq/skald/test/stack/stacktest"
)

// sealKey is a key as the platform is told it.
func sealKey(id string, secret []byte) string {
	return id + "=" + base64.StdEncoding.EncodeToString(secret)
}

// requireErased: the codec says so, the order is as it was, and its timeline tells
// the steps and not what they came to.
func (b *bench) requireErased(orderID string) {
	b.Helper()
	before := b.Get(orderID)
	require.Eventually(b, func() bool { return strings.Contains(b.opened(orderID), `"erased"`) }, 3*time.Minute, 200*time.Millisecond)
	require.NotContains(b, b.opened(orderID), b.User)
	require.Equal(b, before, b.Get(orderID))
	var shown struct {
		Erased  bool
		Entries []struct{ Event, Step, Outcome string }
	}
	require.Eventually(b, func() bool { // the front door remembers the key for a moment
		require.NoError(b, json.Unmarshal(b.Want(http.MethodGet, "/v1/orders/"+orderID+"/timeline", nil, http.StatusOK).Body, &shown))
		return shown.Erased
	}, time.Minute, 200*time.Millisecond)
	steps := map[string]bool{}
	for _, e := range shown.Entries {
		require.Empty(b, e.Outcome)
		steps[e.Event+" "+e.Step] = true
	}
	require.Subset(b, steps, map[string]bool{"started ReserveStock": true, "succeeded ReserveStock": true})
}

// requireResetEnds: an erased saga cannot go on from an earlier point. A run that is
// made to ends at once, by its reason; what it did is set right from the services'
// records.
func (b *bench) requireResetEnds(orderID string) {
	b.Helper()
	workflowID, before := "order/"+orderID, b.Get(orderID)
	var last int64 // the run has come far: what it did then, it cannot do again
	for _, e := range stacktest.History(b.T, b.temporal, workflowID).Events {
		if e.EventType == enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			last = e.EventId
		}
	}
	reset, err := b.temporal.ResetWorkflowExecution(b.Context(), &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: "default", WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: workflowID}, Reason: "a test",
		WorkflowTaskFinishEventId: last, RequestId: "reset " + orderID,
	})
	require.NoError(b, err)
	require.Eventually(b, func() bool {
		run, err := b.temporal.DescribeWorkflowExecution(b.Context(), workflowID, reset.RunId)
		require.NoError(b, err)
		return run.WorkflowExecutionInfo.Status == enums.WORKFLOW_EXECUTION_STATUS_FAILED
	}, time.Minute, 100*time.Millisecond)
	require.Eventually(b, func() bool {
		run, err := b.temporal.DescribeWorkflowExecution(b.Context(), workflowID, "")
		require.NoError(b, err)
		return run.WorkflowExecutionInfo.Status == enums.WORKFLOW_EXECUTION_STATUS_COMPLETED
	}, time.Minute, 100*time.Millisecond, "the reconciler runs it once more")
	after := b.Get(orderID)
	require.Equal(b, before.Status, after.Status)
	require.Equal(b, before.PaymentID, after.PaymentID)
}
