package workflows

import (
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
)

// runsOf names the activities on the runs of the sagas.
var runsOf *Runs

// slice is a part of what a source names.
type slice struct {
	orders []string
	others []string // workflow ids of sagas of refunds and repairs
	next   string   // empty: the source is done
}

// source names orders that may not agree, a slice at a time.
type source struct {
	list func(ctx workflow.Context, r *Round, grace time.Duration) (slice, error)
	// runs: the runs count also where all else agrees.
	runs bool
	// recorded: the orders have discrepancies, which may be gone.
	recorded bool
}

// sources are what a round goes through. Together they name every order of which
// a service, or Temporal, has something that may not agree with the others.
func sources() []source {
	return []source{
		{list: cutRuns, runs: true},
		{list: openOrders},
		{list: heldStock},
		{list: holdingPayments},
		{list: takenPayments},
		{list: endedOrders},
		{list: discrepancies, runs: true, recorded: true},
	}
}

func openOrders(ctx workflow.Context, r *Round, grace time.Duration) (slice, error) {
	in := order.Slice{Age: grace, Limit: sliceSize, Cursor: r.Cursor}
	var page order.IDPage
	err := workflow.ExecuteLocalActivity(compare.On(ctx, "orders that are open"), orders.ListOpenOrders, in).Get(ctx, &page)
	return slice{orders: page.IDs, next: page.NextCursor}, err
}

func endedOrders(ctx workflow.Context, r *Round, grace time.Duration) (slice, error) {
	in := order.Slice{Age: grace, Within: r.within(ctx), Limit: sliceSize, Cursor: r.Cursor}
	var page order.IDPage
	err := workflow.ExecuteLocalActivity(compare.On(ctx, "orders that ended lately"), orders.ListEndedOrders, in).Get(ctx, &page)
	return slice{orders: page.IDs, next: page.NextCursor}, err
}

func heldStock(ctx workflow.Context, r *Round, grace time.Duration) (slice, error) {
	in := inventory.Slice{Age: grace, Limit: sliceSize, Cursor: r.Cursor}
	var page inventory.OrderPage
	err := workflow.ExecuteActivity(on(QueueInventory, compare).On(ctx, "reservations that are held"), stock.ListHeldStock, in).Get(ctx, &page)
	return slice{orders: page.OrderIDs, next: page.NextCursor}, err
}

func holdingPayments(ctx workflow.Context, r *Round, grace time.Duration) (slice, error) {
	in := payment.Slice{Age: grace, Limit: sliceSize, Cursor: r.Cursor}
	var page payment.OrderPage
	err := workflow.ExecuteActivity(on(QueuePayment, compare).On(ctx, "payments that are held"), payments.ListHoldingPayments, in).Get(ctx, &page)
	return slice{orders: page.OrderIDs, next: page.NextCursor}, err
}

func takenPayments(ctx workflow.Context, r *Round, grace time.Duration) (slice, error) {
	in := payment.Slice{Age: grace, Within: r.within(ctx), Limit: sliceSize, Cursor: r.Cursor}
	var page payment.OrderPage
	err := workflow.ExecuteActivity(on(QueuePayment, compare).On(ctx, "payments that were taken lately"), payments.ListTakenPayments, in).Get(ctx, &page)
	return slice{orders: page.OrderIDs, next: page.NextCursor}, err
}

func discrepancies(ctx workflow.Context, r *Round, _ time.Duration) (slice, error) {
	in := order.Slice{Limit: order.MaxPage, Cursor: r.Cursor}
	var page order.IDPage
	err := workflow.ExecuteLocalActivity(compare.On(ctx, "discrepancies that are open"), orders.ListDiscrepancies, in).Get(ctx, &page)
	return slice{orders: distinct(page.IDs), next: page.NextCursor}, err
}

// cutRuns names the sagas of which a run was cut off, refunds and repairs too, first those
// that the last round could not start again. Temporal's visibility may lag, which
// the overlap of the rounds makes up for.
func cutRuns(ctx workflow.Context, r *Round, _ time.Duration) (slice, error) {
	token, err := base64.StdEncoding.DecodeString(r.Cursor)
	if err != nil {
		return slice{}, err
	}
	var page CutPage
	in := CutSlice{Since: r.Since, Limit: sliceSize, Cursor: token}
	if err := workflow.ExecuteLocalActivity(compare.On(ctx, "runs that were cut off"), runsOf.ListCutRuns, in).Get(ctx, &page); err != nil {
		return slice{}, err
	}
	found := slice{next: base64.StdEncoding.EncodeToString(page.NextCursor)}
	ids := slices.Concat(r.Retry, page.WorkflowIDs)
	r.Retry = nil
	for _, id := range ids {
		kind, subject, _ := strings.Cut(id, "/")
		switch kind {
		case "order":
			found.orders = append(found.orders, subject)
		case "refund", "repair":
			found.others = append(found.others, id)
		}
	}
	found.orders = distinct(found.orders)
	return found, nil
}

// distinct leaves out what came before; facts are kept by order.
func distinct(ids []string) []string {
	seen := map[string]bool{}
	var once []string
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			once = append(once, id)
		}
	}
	return once
}
