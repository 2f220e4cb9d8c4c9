package mended_test

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

// trouble is a saga that cannot go on, and what an operator makes of it.
type trouble struct {
	name   string // of its recorded history
	kind   string // of saga
	step   string // where it parks
	begin  func(b *bench, product string) stack.Order
	refund bool // the saga that parks is that of the order's first refund
	action string
	input  map[string]any
	before string // the saga's state before and after the decision
	after  string

	status string          // of the order at its end
	ended  string          // of its saga
	money  []string        // what happened to it
	stock  stacktest.Stock // there were 10
}

// troubles are a saga for each decision before its pivot, at it and after it.
func troubles() []trouble {
	untouched, sold := stacktest.Stock{OnHand: 10, Available: 10}, stacktest.Stock{OnHand: 9, Available: 9}
	return []trouble{
		{
			name: "void_skipped", kind: "PlaceOrder", step: "VoidPayment", begin: cancelledUnpaid,
			action: "skip", before: "parked", after: "compensating", status: "cancelled", ended: "compensated", stock: untouched,
		},
		{
			name: "void_retried_with", kind: "PlaceOrder", step: "VoidPayment", begin: cancelledUnpaid,
			action: "retry_with", input: map[string]any{"start_to_close": "2m"}, before: "parked", after: "parked",
			status: "cancelled", ended: "compensated", stock: untouched,
		},
		{
			name: "void_retried", kind: "PlaceOrder", step: "VoidPayment", begin: cancelledHeld,
			action: "retry", before: "parked", after: "parked", status: "cancelled", ended: "compensated",
			money: []string{"authorize", "void"}, stock: untouched,
		},
		{
			name: "capture_reversed", kind: "PlaceOrder", step: "CapturePayment", begin: neverCaptured,
			action: "compensate", before: "parked", after: "compensating", status: "failed", ended: "compensated",
			money: []string{"authorize", "void"}, stock: untouched,
		},
		{
			name: "commit_reversed", kind: "PlaceOrder", step: "CommitStock", begin: neverSold,
			action: "compensate", before: "parked", after: "compensating", status: "refunded", ended: "compensated",
			money: []string{"authorize", "capture", "refund"}, stock: untouched,
		},
		{
			name: "commit_skipped", kind: "PlaceOrder", step: "CommitStock", begin: neverSold,
			action: "skip", before: "parked", after: "running", status: "confirmed", ended: "completed",
			money: []string{"authorize", "capture"}, stock: stacktest.Stock{OnHand: 10, Reserved: 1, Available: 9}, // for whoever skipped to put right
		},
		{
			name: "return_skipped", kind: "RefundOrder", step: "ReturnStock", begin: neverReturned, refund: true,
			action: "skip", before: "parked", after: "running", status: "refunded", ended: "completed",
			money: []string{"authorize", "capture", "refund"}, stock: sold,
		},
		{
			name: "refund_retried", kind: "RefundOrder", step: "RefundPayment", begin: neverRefunded, refund: true,
			action: "retry", before: "parked", after: "parked", status: "refunded", ended: "completed",
			money: []string{"authorize", "capture", "refund"}, stock: untouched,
		},
	}
}

// refuse lets the provider fail an operation for the bench's own user, for good.
func (b *bench) refuse(operation string) {
	b.Helper()
	b.Fault(map[string]any{"operation": operation, "kind": "error_before", "share": 1, "metadata": map[string]string{"user_id": b.User}})
}

// cancelledUnpaid is an order that is cancelled while its customer has to act:
// the provider holds nothing, and refuses to void it.
func cancelledUnpaid(b *bench, product string) stack.Order {
	b.refuse("void")
	return b.Cancel(b.Awaiting(product).ID)
}

// cancelledHeld is an order that is cancelled when its money is held already: the
// answer that it is was lost.
func cancelledHeld(b *bench, product string) stack.Order {
	b.refuse("void")
	b.Fault(map[string]any{"operation": "authorize", "kind": "hang_after", "calls": 1, "metadata": map[string]string{"user_id": b.User}})
	id := b.BuyAsync(product)
	b.AwaitEffect(id, "authorize")
	return b.Cancel(id)
}

func neverCaptured(b *bench, product string) stack.Order {
	b.refuse("capture")
	return b.Get(b.BuyAsync(product))
}

// neverSold is an order whose units the inventory cannot sell.
func neverSold(b *bench, product string) stack.Order {
	o := b.Awaiting(product)
	b.failWrites("reservations", "UPDATE", fmt.Sprintf("NEW.order_id = '%s' AND NEW.state = 'sold'", b.PrivateID(o.ID)))
	b.Act(o, "complete")
	return b.Await(o.ID, "confirmed")
}

// neverReturned is an order whose units the inventory cannot take back.
func neverReturned(b *bench, product string) stack.Order {
	o := b.Buy(b.Basket(product, 1, visa), http.StatusCreated).Order
	b.RequireStock(stacktest.Stock{OnHand: 9, Available: 9}, product)
	b.failWrites("returns", "INSERT", fmt.Sprintf("NEW.order_id = '%s'", b.PrivateID(o.ID)))
	return b.Cancel(o.ID)
}

func neverRefunded(b *bench, product string) stack.Order {
	b.refuse("refund")
	o := b.Buy(b.Basket(product, 1, visa), http.StatusCreated).Order
	b.RequireStock(stacktest.Stock{OnHand: 9, Available: 9}, product)
	return b.Cancel(o.ID)
}

// failWrites makes writes of the inventory fail, those that meet a condition.
func (b *bench) failWrites(table, write, condition string) {
	b.Helper()
	b.Change("inventory", fmt.Sprintf(`
		CREATE OR REPLACE FUNCTION spoilt() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'spoilt by a test'; END $$;
		CREATE TRIGGER spoilt_%d BEFORE %s ON %s FOR EACH ROW WHEN (%s) EXECUTE FUNCTION spoilt()`,
		time.Now().UnixNano(), write, table, condition))
}

// heal makes the provider work again, for everybody.
func (b *bench) heal() {
	b.Helper()
	provider := stack.Shop{URL: b.Stack.PSP, HTTP: http.DefaultClient}
	a, err := provider.Do(context.Background(), http.MethodDelete, "/_faults", nil)
	require.NoError(b, err)
	require.Equal(b, http.StatusNoContent, a.Status)
}
