package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/test/stack"
)

// sagasAtOnce is how many runs are looked at side by side.
const sagasAtOnce = 16

// checkSagas: G7, every order's run has ended, and says of the order what the
// order's own database says.
func checkSagas(ctx context.Context, s *stack.Stack, orders map[string]ending) error {
	c, err := dial(s)
	if err != nil {
		return fmt.Errorf("dial Temporal: %w", err)
	}
	defer c.Close()
	var (
		mu     sync.Mutex
		broken []error
		all    errgroup.Group
	)
	all.SetLimit(sagasAtOnce)
	for id, e := range orders {
		all.Go(func() error {
			if err := e.checkSaga(ctx, c, "order/"+id); err != nil {
				mu.Lock()
				defer mu.Unlock()
				broken = append(broken, fmt.Errorf("G7: order %s is %s: %w", id, e.Status, err))
			}
			return nil
		})
	}
	_ = all.Wait() // what is wrong is in broken
	return errors.Join(broken...)
}

// checkSaga waits for a run to end: an order is decided a moment before that.
func (e ending) checkSaga(ctx context.Context, c client.Client, workflowID string) error {
	if err := c.GetWorkflow(ctx, workflowID, "").Get(ctx, nil); err != nil {
		return err
	}
	d, err := c.DescribeWorkflow(ctx, workflowID, "")
	if err != nil {
		return err
	}
	if d.Status != enums.WORKFLOW_EXECUTION_STATUS_COMPLETED {
		return fmt.Errorf("its workflow is %s", d.Status)
	}
	got, want := attributes(d), map[string]string{"OrderStatus": e.Status, "UserId": e.User, "SagaState": e.Saga}
	for name, value := range want {
		if got[name] != value {
			return fmt.Errorf("its workflow has %s %q, the order %q", name, got[name], value)
		}
	}
	// A confirmed order's saga went forward to its end, any other went back.
	if forward := e.Saga == "completed"; forward != slices.Contains([]string{"confirmed", "refunded"}, e.Status) {
		return fmt.Errorf("its saga is %s", e.Saga)
	}
	return nil
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
