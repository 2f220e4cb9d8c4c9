package stacktest

import (
	"context"

	"go.temporal.io/sdk/client"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack"
)

// RequireLegible requires that the run tells in the Web UI what it is about, and is found by
// its search attributes.
func (b *Bench) RequireLegible(c client.Client, orderID string, o stack.Order) {
	b.Helper()
	d, err := c.DescribeWorkflow(context.Background(), "order/"+orderID, "")
	require.NoError(b, err)
	summary, err := d.GetStaticSummary()
	require.NoError(b, err)
	require.Equal(b, "Place order "+orderID, summary)
	found := Attributes(d)
	require.Equal(b, o.Status, found["OrderStatus"])
	require.Equal(b, o.UserID, found["UserId"])
	require.Equal(b, o.Saga.State, found["SagaState"])
	require.Equal(b, "done", found["SagaStep"])
}

// Attributes are the text search attributes of a run.
func Attributes(d *client.WorkflowExecutionDescription) map[string]string {
	found := map[string]string{}
	for key, value := range d.TypedSearchAttributes.GetUntypedValues() {
		if text, ok := value.(string); ok {
			found[key.GetName()] = text
		}
	}
	return found
}
