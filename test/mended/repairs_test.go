package mended_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/test/stack/stacktest"
)

// requireOrphans: money and units of orders that nobody knows are found, left
// alone, and given back when an operator says so.
func (v *vandal) requireOrphans() {
	v.Helper()
	product := v.Product(700, 10)
	sold := v.Buy(v.Basket(product, 3, visa), http.StatusCreated).Order.ID
	v.RequireStock(stacktest.Stock{OnHand: 7, Available: 7}, product)
	held := v.Buy(v.Basket(product, 2, authenticated), http.StatusAccepted).Order.ID
	require.NoError(v, v.temporal.TerminateWorkflow(context.Background(), "order/"+held, "", "by hand"))
	for _, id := range []string{sold, held} { // lost, as with a backup
		v.Change("order", "DELETE FROM orders WHERE id = $1", v.PrivateID(id))
	}
	want := []string{"payment_without_order " + sold, "payment_without_order " + held, "stock_without_order " + sold, "stock_without_order " + held}
	slices.Sort(want)
	require.Eventually(v, func() bool { return slices.Equal(v.found("open"), want) }, time.Minute, 200*time.Millisecond, "%v", v.found("open"))
	require.Equal(v, stacktest.Stock{OnHand: 7, Reserved: 2, Available: 5}, v.StockOf(product), "nobody but an operator may mend it")
	v.requireWaiting(2)

	repaired := map[string]bool{}
	for _, d := range v.Discrepancies("open") {
		if repaired[d.OrderID] {
			continue
		}
		repaired[d.OrderID] = true
		v.repair(d, "lost with a backup", "completed")
	}
	require.Empty(v, v.found("open"))
	v.requireWaiting(0)
	require.Subset(v, v.found("resolved"), want)
	require.Equal(v, stacktest.Stock{OnHand: 10, Available: 10}, v.StockOf(product))
	require.Equal(v, []string{"authorize", "capture", "refund"}, v.Effects(sold))
	require.Empty(v, v.Effects(held), "nothing was held yet")
}

// requireWaiting: the gauges tell how many payments and reservations wait for an
// operator, as long as they do.
func (b *bench) requireWaiting(each float64) {
	b.Helper()
	for _, kind := range []string{"payment_without_order", "stock_without_order"} {
		require.Eventually(b, func() bool { return b.Metric(`skald_discrepancies_open\{kind="`+kind+`"\}`) == each }, 30*time.Second, 100*time.Millisecond, kind)
	}
}

// found names the discrepancies.
func (b *bench) found(state string) (found []string) {
	b.Helper()
	for _, d := range b.Discrepancies(state) {
		found = append(found, d.Kind+" "+d.OrderID)
	}
	slices.Sort(found)
	return found
}

// repair has a discrepancy repaired, and waits until its saga ended as wanted.
func (v *vandal) repair(d stacktest.Discrepancy, reason, ended string) {
	v.Helper()
	a := v.Want(http.MethodPost, "/v1/discrepancies/"+d.ID+"/repairs", map[string]any{"reason": reason}, http.StatusAccepted, "Idempotency-Key", "repair "+d.ID)
	v.repairs = append(v.repairs, strings.TrimPrefix(a.Header.Get("Location"), "/v1/sagas/"))
	var saga struct{ State string }
	require.Eventually(v, func() bool {
		v.Decode(v.Want(http.MethodGet, a.Header.Get("Location"), nil, http.StatusOK), &saga)
		return saga.State == ended
	}, 30*time.Second, 100*time.Millisecond)
}

// requireGone: a repair of what is not there any more is refused, and nothing is
// given back.
func (v *vandal) requireGone() {
	v.Helper()
	order, err := stacktest.PublicID("ord", "0199e2a4-0000-7000-8000-000000000001")
	require.NoError(v, err)
	v.Change("inventory", `INSERT INTO reservations (order_id, state, request_hash, expires_at) VALUES ($1, 'reserved', 'by hand', now() + interval '1 h')`, v.PrivateID(order))
	want := []string{"stock_without_order " + order}
	require.Eventually(v, func() bool { return slices.Equal(v.found("open"), want) }, time.Minute, 200*time.Millisecond, "%v", v.found("open"))
	unpause := v.pauseReconciler()
	defer unpause()
	v.Change("inventory", "DELETE FROM reservations WHERE order_id = $1", v.PrivateID(order))
	v.repair(v.Discrepancies("open")[0], "a test of ours", "compensated")
	repairs := v.Discrepancies("open")[0].Repairs
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
