package workers_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
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

// starts is a Temporal that starts workflows, but for some.
type starts struct {
	client.Client
	broken string // begins the ids of those
	mu     sync.Mutex
	inputs map[string]any // by workflow id
}

func (s *starts) ExecuteWorkflow(_ context.Context, o client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != "" && strings.HasPrefix(o.ID, s.broken) {
		return nil, errors.New("down: " + o.ID)
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

// pending are orders that no saga was started for.
type pending struct {
	order.Service
	mu   sync.Mutex
	left []order.Order
}

func (p *pending) Unstarted(_ context.Context, _ time.Duration, limit int) ([]order.Order, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.left[:min(limit, len(p.left))]), nil
}

func (p *pending) ConfirmStarted(_ context.Context, id string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left = slices.DeleteFunc(p.left, func(o order.Order) bool { return o.ID == id })
	return nil
}

// TestDispatchPastFailures: orders that cannot be started, many more than are looked
// at at a time, hold up none that can.
func TestDispatchPastFailures(t *testing.T) {
	t.Parallel()
	const stuck = 900
	orders := &pending{}
	for i := range stuck {
		orders.left = append(orders.left, order.Order{ID: fmt.Sprintf("ord_stuck%d", i)})
	}
	orders.left = append(orders.left, order.Order{ID: "ord_good"})
	c := &starts{broken: "order/ord_stuck", inputs: map[string]any{}}
	d := workers.NewDispatcher(c, orders, func(context.Context) (bool, error) { return true, nil }, time.Minute)
	for _, want := range []int{1, 0} {
		n, err := d.Dispatch(t.Context())
		require.ErrorContains(t, err, "900 of unstarted orders cannot be seen to, the first: ")
		require.ErrorContains(t, err, "ord_stuck0")
		require.Equal(t, want, n)
		require.Contains(t, c.inputs, "order/ord_good")
	}
	require.Len(t, orders.left, stuck)
	c.broken = ""
	n, err := d.Dispatch(t.Context())
	require.NoError(t, err)
	require.Equal(t, 200, n, "the others in the rounds that follow at once")
}
