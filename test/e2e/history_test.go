package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/test/stack"
)

// histories is where the recorded runs are that every later version of the
// workflows must replay.
const histories = "../../workflows/testdata/histories"

// mostEvents is what a confirmed order's history may hold, also where the server
// wakes the workflow once for each of the three first steps.
const mostEvents = 45

// TestHistory: the history of a confirmed order is short.
func TestHistory(t *testing.T) {
	t.Parallel()
	c := temporal(t, shared(t))
	b := setup(t)
	product := b.product(1999, 30)
	for range 20 {
		id := b.place(b.order(product, 1, visa), http.StatusCreated).OrderID()
		require.LessOrEqual(t, len(closedHistory(t, c, "order/"+id).Events), mostEvents)
	}
}

// revision names the version of the saga that a run began with, by its input.
func revision(t *testing.T, h *history.History) string {
	t.Helper()
	var input struct {
		Revision int `json:"revision"`
	}
	started := h.Events[0].GetWorkflowExecutionStartedEventAttributes()
	require.NoError(t, json.Unmarshal(started.Input.Payloads[0].Data, &input))
	return fmt.Sprintf("r%d", input.Revision)
}

// closedHistory gives the history of a run that has ended, or soon will have.
func closedHistory(t *testing.T, c client.Client, workflowID string) *history.History {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	h, err := stack.ClosedHistory(ctx, c, workflowID)
	require.NoError(t, err)
	return h
}

// readHistory gives the history of a run as it is.
func readHistory(t *testing.T, c client.Client, workflowID string) *history.History {
	t.Helper()
	h, err := stack.History(context.Background(), c, workflowID)
	require.NoError(t, err)
	return h
}

// requireLegible: the run tells in the Web UI what it is about, and is found by
// its search attributes.
func (b *bench) requireLegible(c client.Client, orderID string, o stack.Order) {
	b.Helper()
	d, err := c.DescribeWorkflow(context.Background(), "order/"+orderID, "")
	require.NoError(b, err)
	summary, err := d.GetStaticSummary()
	require.NoError(b, err)
	require.Equal(b, "Place order "+orderID, summary)
	found := attributes(d)
	require.Equal(b, o.Status, found["OrderStatus"])
	require.Equal(b, o.UserID, found["UserId"])
	require.Equal(b, o.Saga.State, found["SagaState"])
	require.Equal(b, "done", found["SagaStep"])
}

// record writes a history that has not been recorded yet. One that has is never
// written again.
func record(t *testing.T, path string, h *history.History) {
	t.Helper()
	if _, err := os.Stat(path); err == nil {
		return
	}
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	raw, err := temporalproto.CustomJSONMarshalOptions{Indent: "  "}.Marshal(h)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append(raw, '\n'), 0o644))
}
