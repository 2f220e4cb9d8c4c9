package e2e_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack/stacktest"
)

// TestOutcomes drives one order to each outcome and looks at its history. With
// SKALD_RECORD set it records a history of each outcome that has none yet.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	c := setup(t).Temporal()
	for name, place := range map[string]func(b *bench, product string) string{
		"confirmed": func(b *bench, product string) string {
			return b.Buy(b.Basket(product, 1, visa), http.StatusCreated).OrderID()
		},
		"confirmed_async": func(b *bench, product string) string {
			id := b.Buy(b.Basket(product, 1, visa), http.StatusAccepted, "Prefer", "respond-async").OrderID()
			b.Await(id, "confirmed")
			return id
		},
		"payment_declined": func(b *bench, product string) string {
			return b.Buy(b.Basket(product, 1, declined), http.StatusPaymentRequired).OrderID()
		},
		"insufficient_stock": func(b *bench, product string) string {
			return b.Buy(b.Basket(product, 99, visa), http.StatusConflict).OrderID()
		},
		"user_not_found": func(b *bench, product string) string {
			o := b.Basket(product, 1, visa)
			o.UserID = "usr_01jzzzzzzzfzz9zzzzzzzzzzzz"
			return b.Buy(o, http.StatusUnprocessableEntity).OrderID()
		},
		"user_inactive": func(b *bench, product string) string {
			o := b.Basket(product, 1, visa)
			o.UserID = b.suspended()
			return b.Buy(o, http.StatusUnprocessableEntity).OrderID()
		},
		"product_not_found": func(b *bench, _ string) string {
			return b.Buy(b.Basket("prd_01jzzzzzzzfzz9zzzzzzzzzzzz", 1, visa), http.StatusUnprocessableEntity).OrderID()
		},
		"action_confirmed": func(b *bench, product string) string {
			o := b.Buy(b.Basket(product, 1, authenticated), http.StatusAccepted).Order
			b.Act(o, "complete")
			b.Await(o.ID, "confirmed")
			return o.ID
		},
		"action_failed": func(b *bench, product string) string {
			o := b.Buy(b.Basket(product, 1, authenticated), http.StatusAccepted).Order
			b.Act(o, "fail")
			b.Await(o.ID, "rejected")
			return o.ID
		},
		"action_timeout": func(b *bench, product string) string {
			o := b.Buy(b.Basket(product, 1, authenticated), http.StatusAccepted).Order
			b.Await(o.ID, "rejected")
			return o.ID
		},
		"cancelled": func(b *bench, product string) string {
			o := b.Buy(b.Basket(product, 1, authenticated), http.StatusAccepted).Order
			require.NoError(b, c.CancelWorkflow(context.Background(), o.Saga.WorkflowID, ""))
			b.Await(o.ID, "cancelled")
			return o.ID
		},
		"cancelled_by_customer": func(b *bench, product string) string {
			o := b.Awaiting(product)
			b.Cancel(o.ID)
			b.Await(o.ID, "cancelled")
			return o.ID
		},
		"failed": func(b *bench, product string) string { return b.placePoisoned(product) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			id := place(b, b.Product(1999, 10))
			h := stacktest.ClosedHistory(t, c, "order/"+id)
			if name == "confirmed" {
				require.LessOrEqual(t, len(h.Events), mostEvents)
			}
			b.RequireLegible(c, id, b.Get(id))
			b.Recorded("PlaceOrder", name, h)
		})
	}
}

// suspended is a user who may not order.
func (b *bench) suspended() (userID string) {
	b.Helper()
	u := map[string]any{"email": "s" + time.Now().Format("150405.000000") + "@example.com", "name": "Sam", "locale": "en", "status": "suspended"}
	return b.ID(b.Want(http.MethodPost, "/v1/users", u, http.StatusCreated))
}

// placePoisoned places an order whose payment is not what it was when the saga
// comes back to it: a defect, and so a technical failure, with money held.
func (b *bench) placePoisoned(product string) (orderID string) {
	b.Helper()
	o, key := b.Basket(product, 1, authenticated), "key-"+product
	placed := b.Buy(o, http.StatusAccepted, "Idempotency-Key", key).Order
	b.Change("payment", "UPDATE payments SET request_hash = 'another request' WHERE order_id = $1", b.PrivateID(placed.ID))
	b.Act(placed, "complete")
	require.Equal(b, "AuthorizePayment", b.Await(placed.ID, "failed").Failure.Step)
	require.Equal(b, []string{"authorize", "void"}, b.Effects(placed.ID))
	require.Equal(b, placed.ID, b.Buy(o, http.StatusServiceUnavailable, "Idempotency-Key", key).Problem.OrderID)
	return placed.ID
}
