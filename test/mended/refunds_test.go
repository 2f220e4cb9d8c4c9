package mended_test

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

// testRefunds drives one refund to each outcome.
func (b *bench) testRefunds() {
	c := b.Temporal()
	all := map[string]any{"reason": "came too late"}
	for name, tc := range map[string]struct {
		ask    func(o stack.Order, product string)
		refund string // its status
		status string // of the order
		moved  []string
		left   int64 // of 10 units
	}{
		"done":            {func(o stack.Order, _ string) { b.AskRefund(o.ID, all) }, "done", "refunded", []string{"authorize", "capture", "refund"}, 10},
		"order_cancelled": {func(o stack.Order, _ string) { b.Cancel(o.ID) }, "done", "refunded", []string{"authorize", "capture", "refund"}, 10},
		"done_partly": {func(o stack.Order, product string) {
			b.AskRefund(o.ID, map[string]any{"reason": "one is broken", "lines": []stack.Item{{ProductID: product, Quantity: 1}}})
		}, "done", "confirmed", []string{"authorize", "capture", "refund"}, 9},
		"refused": {func(o stack.Order, _ string) { // somebody gave the money back by hand
			provider := stack.Shop{URL: b.Stack.PSP, HTTP: http.DefaultClient}
			a, err := provider.Do(context.Background(), http.MethodPost, "/v1/refunds?payment_intent="+b.Intent(o.ID), nil, "Authorization", "Bearer operator")
			require.NoError(b, err)
			require.Equal(b, http.StatusOK, a.Status, "%s", a.Body)
			b.AskRefund(o.ID, all)
		}, "refused", "confirmed", []string{"authorize", "capture", "refund"}, 8},
	} {
		product := b.Product(1500, 10)
		o := b.Buy(b.Basket(product, 2, visa), http.StatusCreated).Order
		b.RequireStock(stacktest.Stock{OnHand: 8, Available: 8}, product)
		tc.ask(o, product)
		workflowID := "refund/" + b.refundsOf(o.ID)[0].ID
		h := stacktest.ClosedHistory(b.T, c, workflowID)
		require.Equal(b, tc.refund, b.refundsOf(o.ID)[0].Status, name)
		require.Equal(b, tc.status, b.Get(o.ID).Status, name)
		require.Equal(b, tc.moved, b.Effects(o.ID), name)
		require.Equal(b, stacktest.Stock{OnHand: tc.left, Available: tc.left}, b.StockOf(product), name)
		b.Recorded("RefundOrder", name, h)
	}
}

// refundShown is a refund as the front door shows it.
type refundShown struct{ ID, Status string }

// refundsOf waits for an order to have refunds, and gives them, oldest first.
func (b *bench) refundsOf(orderID string) []refundShown {
	b.Helper()
	var page struct{ Items []refundShown }
	require.Eventually(b, func() bool {
		require.NoError(b, json.Unmarshal(b.Want(http.MethodGet, "/v1/orders/"+orderID+"/refunds", nil, http.StatusOK).Body, &page))
		return len(page.Items) > 0
	}, 10*time.Second, 20*time.Millisecond)
	return page.Items
}
