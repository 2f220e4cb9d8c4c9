package e2e_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

// mostEvents is what a confirmed order's history may hold, also where the server
// wakes the workflow once for each of the three first steps.
const mostEvents = 45

// TestHistory: the history of a confirmed order is short.
func TestHistory(t *testing.T) {
	t.Parallel()
	c := setup(t).Temporal()
	b := setup(t)
	product := b.Product(1999, 30)
	for range 20 {
		id := b.Buy(b.Basket(product, 1, visa), http.StatusCreated).OrderID()
		require.LessOrEqual(t, len(stacktest.ClosedHistory(t, c, "order/"+id).Events), mostEvents)
	}
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

// attributes are the text search attributes of a run.
func attributes(d *client.WorkflowExecutionDescription) map[string]string {
	found := map[string]string{}
	for key, value := range d.TypedSearchAttributes.GetUntypedValues() {
		if text, ok := value.(string); ok {
			found[key.GetName()] = text
		}
	}
	return found
}
