package e2e_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/test/stack"
)

type discrepancy struct {
	ID         string `json:"id"`
	Kind       string `json:"kind"`
	OrderID    string `json:"order_id"`
	Resolution string `json:"resolution"`
	Repairs    []struct{ Outcome, Code string }
}

// decode reads the body of an answer.
func (b *bench) decode(a stack.Answer, into any) {
	b.Helper()
	require.NoError(b, json.Unmarshal(a.Body, into), "%s", a.Body)
}

func (b *bench) discrepancies(state string) []discrepancy {
	b.Helper()
	var page struct {
		Items []discrepancy `json:"items"`
	}
	b.decode(b.Want(http.MethodGet, "/v1/discrepancies?limit=100&state="+state, nil, http.StatusOK, "Authorization", "Bearer "+b.Stack.APIKeys["operator"]), &page)
	return page.Items
}

// requireOrphans: money and units of orders that nobody knows are found, left
// alone, and given back when an operator says so.
func (v *vandal) requireOrphans() {
	v.Helper()
	product := v.Product(700, 10)
	sold := v.Buy(v.Basket(product, 3, visa), http.StatusCreated).Order.ID
	v.requireStock(stock{OnHand: 7, Available: 7}, product)
	held := v.Buy(v.Basket(product, 2, authenticated), http.StatusAccepted).Order.ID
	require.NoError(v, v.temporal.TerminateWorkflow(context.Background(), "order/"+held, "", "by hand"))
	for _, id := range []string{sold, held} { // lost, as with a backup
		v.change("order", "DELETE FROM orders WHERE id = $1", v.privateID(id))
	}
	want := []string{"payment_without_order " + sold, "payment_without_order " + held, "stock_without_order " + sold, "stock_without_order " + held}
	slices.Sort(want)
	require.Eventually(v, func() bool { return slices.Equal(v.found("open"), want) }, time.Minute, 200*time.Millisecond, "%v", v.found("open"))
	require.Equal(v, stock{OnHand: 7, Reserved: 2, Available: 5}, v.stockOf(product), "nobody but an operator may mend it")

	repaired := map[string]bool{}
	for _, d := range v.discrepancies("open") {
		if repaired[d.OrderID] {
			continue
		}
		repaired[d.OrderID] = true
		v.repair(d, "lost with a backup", "completed")
	}
	require.Empty(v, v.found("open"))
	require.Subset(v, v.found("resolved"), want)
	require.Equal(v, stock{OnHand: 10, Available: 10}, v.stockOf(product))
	require.Equal(v, []string{"authorize", "capture", "refund"}, v.effects(sold))
	require.Empty(v, v.effects(held), "nothing was held yet")
}

// found names the discrepancies.
func (b *bench) found(state string) (found []string) {
	b.Helper()
	for _, d := range b.discrepancies(state) {
		found = append(found, d.Kind+" "+d.OrderID)
	}
	slices.Sort(found)
	return found
}

// repair has a discrepancy repaired, and waits until its saga ended as wanted.
func (v *vandal) repair(d discrepancy, reason, ended string) {
	v.Helper()
	a := v.operator(http.MethodPost, "/v1/discrepancies/"+d.ID+"/repairs", map[string]any{"reason": reason}, http.StatusAccepted, "Idempotency-Key", "repair "+d.ID)
	v.repairs = append(v.repairs, strings.TrimPrefix(a.Header.Get("Location"), "/v1/sagas/"))
	var saga struct{ State string }
	require.Eventually(v, func() bool {
		v.decode(v.operator(http.MethodGet, a.Header.Get("Location"), nil, http.StatusOK), &saga)
		return saga.State == ended
	}, 30*time.Second, 100*time.Millisecond)
}

// requireGone: a repair of what is not there any more is refused, and nothing is
// given back.
func (v *vandal) requireGone() {
	v.Helper()
	order, err := publicID("ord", "0199e2a4-0000-7000-8000-000000000001")
	require.NoError(v, err)
	v.change("inventory", `INSERT INTO reservations (order_id, state, request_hash, expires_at) VALUES ($1, 'reserved', 'by hand', now() + interval '1 h')`, v.privateID(order))
	want := []string{"stock_without_order " + order}
	require.Eventually(v, func() bool { return slices.Equal(v.found("open"), want) }, time.Minute, 200*time.Millisecond, "%v", v.found("open"))
	unpause := v.pauseReconciler()
	defer unpause()
	v.change("inventory", "DELETE FROM reservations WHERE order_id = $1", v.privateID(order))
	v.repair(v.discrepancies("open")[0], "a test of ours", "compensated")
	repairs := v.discrepancies("open")[0].Repairs
	require.Len(v, repairs, 1)
	require.Equal(v, []string{"refused", "discrepancy_gone"}, []string{repairs[0].Outcome, repairs[0].Code})
	unpause()
	require.Eventually(v, func() bool { return len(v.found("open")) == 0 }, time.Minute, 200*time.Millisecond)
}

// pauseReconciler waits until no round of it runs. It goes on as told.
func (v *vandal) pauseReconciler() (unpause func()) {
	v.Helper()
	ctx := context.Background()
	schedule := v.temporal.ScheduleClient().GetHandle(ctx, "reconcile")
	require.NoError(v, schedule.Pause(ctx, client.SchedulePauseOptions{}))
	require.Eventually(v, func() bool {
		d, err := schedule.Describe(ctx)
		return err == nil && d.Schedule.State.Paused && len(d.Info.RunningWorkflows) == 0
	}, time.Minute, 100*time.Millisecond)
	return func() { require.NoError(v, schedule.Unpause(ctx, client.ScheduleUnpauseOptions{})) }
}
