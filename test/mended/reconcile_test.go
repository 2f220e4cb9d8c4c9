package mended_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

const (
	cutRuns   = 50
	resetRuns = 12
	// repairTime is what the reconciler may take until all is right again.
	repairTime = 5 * time.Minute
)

// TestReconciler: runs are terminated and reset by hand while orders come in,
// wherever they stand; the reconciler has every invariant true again.
func TestReconciler(t *testing.T) {
	t.Parallel()
	b := own(t, "--reconcile-interval", "2s", "--reconcile-grace", "3s")
	v := &vandal{bench: b, temporal: b.Temporal(), product: b.Product(700, 100_000), scarce: b.Product(900, 10), cut: map[string]int{}, again: map[string]string{}}

	v.cutAt()
	ordering, stop := context.WithCancel(context.Background())
	clients := v.order(ordering)
	for _, f := range []map[string]any{
		{"operation": "authorize", "kind": "hang_after", "calls": 15}, {"operation": "capture", "kind": "hang_after", "calls": 15},
		{"operation": "void", "kind": "error_before", "calls": 10}, {"operation": "refund", "kind": "hang_after", "calls": 5},
	} {
		b.Fault(f)
	}
	for v.total() < cutRuns {
		v.cutOne()
	}
	for range resetRuns {
		v.resetOne()
	}
	begun := time.Now()
	stop()
	require.NoError(t, clients.Wait())
	t.Logf("cut: %v, of %d orders", v.cut, v.placed.Load())

	judged := stacktest.Inspected(b.Stack)
	judged.Cut = true
	err := stacktest.Check(context.Background(), judged)
	for ; err != nil && time.Since(begun) < repairTime; err = stacktest.Check(context.Background(), judged) {
		time.Sleep(time.Second)
	}
	require.NoError(t, err)
	t.Logf("every invariant is true again %s after the last run was cut", time.Since(begun).Round(time.Second))
	require.Empty(t, b.Discrepancies("open"), "the reconciler mends what was cut by itself")
	v.requireOrphans()
	v.requireGone()
	v.recordRuns()
}

// vandal terminates and resets runs, and counts which.
type vandal struct {
	*bench
	temporal        client.Client
	product, scarce string
	placed          atomic.Int64
	cut             map[string]int    // by where the run stood
	again           map[string]string // workflow ids of those that were cut where they should be, by outcome
	repairs         []string          // workflow ids
}

func (v *vandal) total() (n int) {
	for _, count := range v.cut {
		n += count
	}
	return n
}

// order has clients order, cancel and refund until the context ends.
func (v *vandal) order(ctx context.Context) *errgroup.Group {
	var all errgroup.Group
	for i := range 4 {
		all.Go(func() error {
			for n := i; ctx.Err() == nil; n += 5 {
				o := v.Basket(v.product, 1, []string{visa, visa, declined, authenticated, visa, visa}[n%6])
				if n%7 == 0 {
					o.Items = append(o.Items, stack.Item{ProductID: v.scarce, Quantity: 1})
				}
				a, err := v.Place(context.Background(), o, "Prefer", []string{"respond-async", "wait=1"}[n%2])
				if err != nil {
					return err
				}
				v.placed.Add(1)
				switch id := a.OrderID(); n % 9 {
				case 3:
					_, err = v.Do(context.Background(), http.MethodPut, "/v1/orders/"+id+"/cancellation", nil)
				case 6:
					_, err = v.Do(context.Background(), http.MethodPost, "/v1/orders/"+id+"/refunds", map[string]any{"reason": "broken"})
				}
				if err != nil {
					return err
				}
				select {
				case <-ctx.Done():
				case <-time.After(50 * time.Millisecond):
				}
			}
			return nil
		})
	}
	return &all
}

// cutAt cuts runs at points that chance may miss.
func (v *vandal) cutAt() {
	v.Helper()
	v.Fault(map[string]any{"operation": "capture", "kind": "hang_after", "calls": 1})
	paid := v.BuyAsync(v.product)
	v.AwaitEffect(paid, "capture")
	v.terminate("order/"+paid, "after the capture")
	v.again["PlaceOrder/again_after_capture"] = "order/" + paid

	waits := v.Buy(v.Basket(v.product, 1, authenticated), http.StatusAccepted).Order.ID
	v.terminate("order/"+waits, "while the customer acts")
	v.again["PlaceOrder/again_while_waiting"] = "order/" + waits

	v.Fault(map[string]any{"operation": "authorize", "kind": "hang_after", "calls": 1})
	cancelled := v.BuyAsync(v.product)
	v.AwaitEffect(cancelled, "authorize")
	v.Fault(map[string]any{"operation": "void", "kind": "hang_before", "calls": 1})
	v.Want(http.MethodPut, "/v1/orders/"+cancelled+"/cancellation", nil, http.StatusAccepted)
	require.Eventually(v, func() bool { return v.Get(cancelled).Saga.State == "compensating" }, 30*time.Second, 10*time.Millisecond)
	v.terminate("order/"+cancelled, "while it compensates")
	v.again["PlaceOrder/again_while_compensating"] = "order/" + cancelled

	for _, kind := range []string{"hang_after", "hang_before"} {
		confirmed := v.Buy(v.Basket(v.product, 2, visa), http.StatusCreated).Order.ID
		v.Fault(map[string]any{"operation": "refund", "kind": kind, "calls": 1})
		refund := v.ID(v.Want(http.MethodPost, "/v1/orders/"+confirmed+"/refunds", map[string]any{"reason": "broken"}, http.StatusAccepted))
		require.Eventually(v, func() bool { return len(v.FaultsLeft()) == 0 }, 30*time.Second, 10*time.Millisecond)
		v.terminate("refund/"+refund, "refund")
		v.again["RefundOrder/again"] = "refund/" + refund
	}
	require.Len(v, v.cut, 4, "each was cut where it should be")
}

// cutOne cuts a run that is open, of an order or of a refund.
func (v *vandal) cutOne() {
	v.Helper()
	type open struct{ ID, Status, Saga string }
	found, err := stacktest.Query(context.Background(), v.Stack, "order", `
		(SELECT id::text, status, saga_state FROM orders WHERE status IN ('pending', 'awaiting_payment') OR saga_state NOT IN ('completed', 'compensated')
			OR updated_at > now() - interval '50 ms' ORDER BY random() LIMIT 4)
		UNION ALL (SELECT id::text, 'refund', status FROM order_refunds WHERE status = 'requested' ORDER BY random() LIMIT 1)`, pgx.RowToStructByPos[open])
	require.NoError(v, err)
	if len(found) == 0 {
		time.Sleep(5 * time.Millisecond)
		return
	}
	one := found[rand.IntN(len(found))]
	prefix, kind, where := "ord", "order/", one.Status+", saga "+one.Saga
	if one.Status == "refund" {
		prefix, kind, where = "rfd", "refund/", "refund"
	}
	id, err := stacktest.PublicID(prefix, one.ID)
	require.NoError(v, err)
	v.terminate(kind+id, where)
}

// terminate counts a run that had not ended.
func (v *vandal) terminate(workflowID, where string) {
	v.Helper()
	err := v.temporal.TerminateWorkflow(context.Background(), workflowID, "", "by hand")
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return
	}
	require.NoError(v, err)
	v.cut[where]++
}

// resetOne resets a run of any order, ended or not, to one of its workflow tasks.
func (v *vandal) resetOne() {
	v.Helper()
	ctx := context.Background()
	ids, err := stacktest.Query(ctx, v.Stack, "order", "SELECT id::text FROM orders ORDER BY random() LIMIT 1", pgx.RowTo[string])
	require.NoError(v, err)
	id, err := stacktest.PublicID("ord", ids[0])
	require.NoError(v, err)
	var points []int64
	for events := v.temporal.GetWorkflowHistory(ctx, "order/"+id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); events.HasNext(); {
		e, err := events.Next()
		var none *serviceerror.NotFound
		if errors.As(err, &none) {
			return // it has not begun
		}
		require.NoError(v, err)
		if e.EventType == enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			points = append(points, e.EventId)
		}
	}
	if len(points) == 0 {
		return
	}
	_, err = v.temporal.ResetWorkflowExecution(ctx, &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: "default", WorkflowExecution: &common.WorkflowExecution{WorkflowId: "order/" + id}, Reason: "by hand",
		WorkflowTaskFinishEventId: points[rand.IntN(len(points))], RequestId: fmt.Sprint(rand.Uint64()),
	})
	var moved *serviceerror.InvalidArgument
	if errors.As(err, &moved) {
		return // another run goes on with it, which has not come as far
	}
	require.NoError(v, err)
}
