package workflows_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/testsuite"

	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/workflows"
)

// starter is a Temporal that starts workflows, but for some.
type starter struct {
	client.Client
	mu      sync.Mutex
	broken  []string
	started []string
	inputs  map[string]any // by workflow id
}

func (s *starter) ExecuteWorkflow(_ context.Context, o client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains(s.broken, o.ID) {
		return nil, errors.New("no such search attribute")
	}
	s.started = append(s.started, o.ID)
	if s.inputs == nil {
		s.inputs = map[string]any{}
	}
	s.inputs[o.ID] = args[0]
	return nil, nil //nolint:nilnil // nobody asks for the run
}

// kept are orders that know some orders and refunds.
type kept struct {
	order.Service
	orders, refunds, repairs []string
}

func (k kept) OpenRepair(_ context.Context, id string) (order.RepairPlan, error) {
	if !slices.Contains(k.repairs, id) {
		return order.RepairPlan{}, order.ErrRepairNotFound
	}
	return order.RepairPlan{ID: id, OrderID: "ord_a", Kind: order.MoneyKept}, nil
}

func (k kept) Get(_ context.Context, id string) (order.Order, error) {
	if !slices.Contains(k.orders, id) {
		return order.Order{}, order.ErrNotFound
	}
	return order.Order{ID: id}, nil
}

func (k kept) GetRefund(_ context.Context, id string) (order.Refund, error) {
	if !slices.Contains(k.refunds, id) {
		return order.Refund{}, order.ErrRefundNotFound
	}
	return order.Refund{ID: id}, nil
}

// TestRunAgainStartsWhatItCan: one that cannot be started holds up no other, and
// one that nobody knows is nothing to run.
func TestRunAgainStartsWhatItCan(t *testing.T) {
	t.Parallel()
	known := kept{orders: []string{"ord_a", "ord_b"}, refunds: []string{"rfd_a"}, repairs: []string{"rep_a"}}
	for _, tc := range []struct {
		name        string
		ids, broken []string
		started     []string
		failed      []string
		err         bool
	}{
		{"all", []string{"order/ord_a", "refund/rfd_a"}, nil, []string{"order/ord_a", "refund/rfd_a"}, nil, false},
		{"a repair", []string{"repair/rep_a", "repair/rep_ended"}, nil, []string{"repair/rep_a"}, nil, false},
		{"none", nil, nil, nil, nil, false},
		{"nobody knows one", []string{"order/ord_a", "refund/rfd_lost", "order/ord_b"}, nil, []string{"order/ord_a", "order/ord_b"}, nil, false},
		{"nobody knows any", []string{"refund/rfd_lost", "order/ord_lost"}, nil, nil, nil, false},
		{"one fails", []string{"order/ord_a", "refund/rfd_a"}, []string{"refund/rfd_a"}, []string{"order/ord_a"}, []string{"refund/rfd_a"}, false},
		{"all fail", []string{"order/ord_a", "refund/rfd_a", "refund/rfd_lost"}, []string{"order/ord_a", "refund/rfd_a"}, nil, nil, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestActivityEnvironment()
			c := &starter{broken: tc.broken}
			runs := workflows.NewRuns(c, known, time.Minute)
			env.RegisterActivity(runs)
			value, err := env.ExecuteActivity(runs.RunAgain, tc.ids)
			require.Equal(t, tc.err, err != nil, "%v", err)
			require.ElementsMatch(t, tc.started, c.started)
			if slices.Contains(tc.started, "repair/rep_a") {
				want := workflows.RepairOrderInput{RepairID: "rep_a", OrderID: "ord_a", Kind: order.MoneyKept, Revision: workflows.RepairRevision, Again: true}
				require.Equal(t, want, c.inputs["repair/rep_a"])
			}
			if tc.err {
				return
			}
			var done workflows.Restarts
			require.NoError(t, value.Get(&done))
			require.Equal(t, workflows.Restarts{Started: len(tc.started), Failed: tc.failed}, done)
		})
	}
}
