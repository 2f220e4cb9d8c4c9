package e2e_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/test/stack"
)

// histories is where the recorded runs are that every later version of the
// workflows must replay.
const histories = "../../workflows/testdata/histories"

// A confirmed order's history holds aimedEvents at most, and worstEvents where a
// loaded server wakes the workflow once for each of the three first steps.
const (
	aimedEvents = 45
	worstEvents = 46
)

// TestHistory: the history of a confirmed order is short. It runs before the
// tests that load the platform.
func TestHistory(t *testing.T) {
	s := shared(t)
	c, err := client.Dial(client.Options{HostPort: s.Temporal, Namespace: "default"})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	b := setup(t)
	product := b.product(1999, 10)
	shortest := worstEvents
	for range 5 {
		id := b.place(b.order(product, 1, visa), http.StatusCreated).OrderID()
		n := len(closedHistory(t, c, "order/"+id).Events)
		require.LessOrEqual(t, n, worstEvents)
		shortest = min(shortest, n)
	}
	require.LessOrEqual(t, shortest, aimedEvents)
}

// TestOutcomes drives one order to each outcome and looks at its history. With
// SKALD_RECORD set it records a history of each outcome that has none yet.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	s := shared(t)
	c, err := client.Dial(client.Options{HostPort: s.Temporal, Namespace: "default"})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	for name, place := range map[string]func(b *bench, product string) string{
		"confirmed": func(b *bench, product string) string {
			return b.place(b.order(product, 1, visa), http.StatusCreated).OrderID()
		},
		"confirmed_async": func(b *bench, product string) string {
			id := b.place(b.order(product, 1, visa), http.StatusAccepted, "Prefer", "respond-async").OrderID()
			b.await(id, "confirmed")
			return id
		},
		"payment_declined": func(b *bench, product string) string {
			return b.place(b.order(product, 1, declined), http.StatusPaymentRequired).OrderID()
		},
		"insufficient_stock": func(b *bench, product string) string {
			return b.place(b.order(product, 99, visa), http.StatusConflict).OrderID()
		},
		"user_not_found": func(b *bench, product string) string {
			o := b.order(product, 1, visa)
			o.UserID = "usr_01jzzzzzzzfzz9zzzzzzzzzzzz"
			return b.place(o, http.StatusUnprocessableEntity).OrderID()
		},
		"product_not_found": func(b *bench, _ string) string {
			return b.place(b.order("prd_01jzzzzzzzfzz9zzzzzzzzzzzz", 1, visa), http.StatusUnprocessableEntity).OrderID()
		},
		"action_confirmed": func(b *bench, product string) string {
			o := b.place(b.order(product, 1, authenticated), http.StatusAccepted).Order
			b.act(o, "complete")
			b.await(o.ID, "confirmed")
			return o.ID
		},
		"action_failed": func(b *bench, product string) string {
			o := b.place(b.order(product, 1, authenticated), http.StatusAccepted).Order
			b.act(o, "fail")
			b.await(o.ID, "rejected")
			return o.ID
		},
		"action_timeout": func(b *bench, product string) string {
			o := b.place(b.order(product, 1, authenticated), http.StatusAccepted).Order
			b.await(o.ID, "rejected")
			return o.ID
		},
		"cancelled": func(b *bench, product string) string {
			o := b.place(b.order(product, 1, authenticated), http.StatusAccepted).Order
			require.NoError(b, c.CancelWorkflow(context.Background(), o.Saga.WorkflowID, ""))
			b.await(o.ID, "cancelled")
			return o.ID
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			id := place(b, b.product(1999, 10))
			h := closedHistory(t, c, "order/"+id)
			if name == "confirmed" {
				require.LessOrEqual(t, len(h.Events), worstEvents)
			}
			b.requireLegible(c, id, b.get(id))
			if os.Getenv("SKALD_RECORD") != "" {
				record(t, filepath.Join(histories, "place_order", name+".json"), h)
			}
		})
	}
}

// closedHistory gives the history of a run that has ended, or soon will have.
func closedHistory(t *testing.T, c client.Client, workflowID string) *history.History {
	t.Helper()
	require.Eventually(t, func() bool {
		d, err := c.DescribeWorkflowExecution(context.Background(), workflowID, "")
		return err == nil && d.WorkflowExecutionInfo.Status == enums.WORKFLOW_EXECUTION_STATUS_COMPLETED
	}, 20*time.Second, 50*time.Millisecond)
	h := &history.History{}
	for iter := c.GetWorkflowHistory(context.Background(), workflowID, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); iter.HasNext(); {
		event, err := iter.Next()
		require.NoError(t, err)
		h.Events = append(h.Events, event)
	}
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
	attributes := map[string]string{}
	for key, value := range d.TypedSearchAttributes.GetUntypedValues() {
		if text, ok := value.(string); ok {
			attributes[key.GetName()] = text
		}
	}
	require.Equal(b, o.Status, attributes["OrderStatus"])
	require.Equal(b, o.UserID, attributes["UserId"])
	require.Equal(b, o.Saga.State, attributes["SagaState"])
	require.Equal(b, "done", attributes["SagaStep"])
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
