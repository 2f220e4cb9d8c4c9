package workers_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/workers"
	"github.com/skaldhq/skald/workflows"
)

// left are orders with repairs that nobody started.
type left struct {
	order.Service
	repairs []order.RepairPlan
}

func (l left) RepairsLeft(context.Context, time.Duration, int) ([]order.RepairPlan, error) {
	return l.repairs, nil
}

// starts is a Temporal that starts workflows, but for one.
type starts struct {
	client.Client
	broken string
	inputs map[string]any // by workflow id
}

func (s *starts) ExecuteWorkflow(_ context.Context, o client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
	if o.ID == s.broken {
		return nil, errors.New("down")
	}
	s.inputs[o.ID] = args[0]
	return nil, nil //nolint:nilnil // nobody asks for the run
}

// TestDispatchRepairs: a repair that was recorded is started, by whoever is of the
// version that takes new sagas; one that cannot be holds up no other.
func TestDispatchRepairs(t *testing.T) {
	t.Parallel()
	plans := []order.RepairPlan{{ID: "rep_1", OrderID: "ord_1", Kind: order.MoneyKept}, {ID: "rep_2", OrderID: "ord_2", Kind: order.OrderOpen}}
	c := &starts{broken: "repair/rep_1", inputs: map[string]any{}}
	current := false
	d := workers.NewDispatcher(c, left{repairs: plans}, func(context.Context) (bool, error) { return current, nil }, time.Minute)
	_, err := d.DispatchRepairs(t.Context())
	require.NoError(t, err)
	require.Empty(t, c.inputs, "another version takes new sagas")
	current = true
	_, err = d.DispatchRepairs(t.Context())
	require.ErrorContains(t, err, "rep_1")
	second := workflows.RepairOrderInput{RepairID: "rep_2", OrderID: "ord_2", Kind: order.OrderOpen, Revision: workflows.RepairRevision}
	require.Equal(t, map[string]any{"repair/rep_2": second}, c.inputs)
	c.broken = ""
	_, err = d.DispatchRepairs(t.Context())
	require.NoError(t, err)
	require.Len(t, c.inputs, 2)
}
