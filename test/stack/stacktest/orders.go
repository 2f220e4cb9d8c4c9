package stacktest

import (
	"context"
	"net/http"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack"
)

// BuyAsync places an order and does not wait for what becomes of it.
func (b *Bench) BuyAsync(product string) (orderID string) {
	b.Helper()
	return b.Buy(b.Basket(product, 1, stack.Visa), http.StatusAccepted, "Prefer", "respond-async").Order.ID
}

// Act does what the customer does at the provider's page (3-D Secure).
func (b *Bench) Act(o stack.Order, what string) {
	b.Helper()
	require.NoError(b, stack.Act(context.Background(), o, what))
}

// Awaiting is an order whose customer has to act.
func (b *Bench) Awaiting(product string) stack.Order {
	b.Helper()
	return b.Buy(b.Basket(product, 1, stack.Authenticated), http.StatusAccepted).Order
}

// Cancel asks for an order to be cancelled.
func (b *Bench) Cancel(orderID string) stack.Order {
	b.Helper()
	return b.Want(http.MethodPut, "/v1/orders/"+orderID+"/cancellation", map[string]any{"reason": "changed my mind"}, http.StatusAccepted).Order
}

// AskRefund asks for a refund of an order.
func (b *Bench) AskRefund(orderID string, body map[string]any) {
	b.Helper()
	b.Want(http.MethodPost, "/v1/orders/"+orderID+"/refunds", body, http.StatusAccepted)
}
