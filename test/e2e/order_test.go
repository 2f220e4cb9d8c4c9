package e2e_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

func TestConfirmed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	product := b.Product(1999, 10)
	a := b.Buy(b.Basket(product, 3, visa), http.StatusCreated)
	o := a.Order
	require.Equal(t, "confirmed", o.Status)
	require.Equal(t, stack.Money{Amount: 3 * 1999, Currency: "EUR"}, *o.Total)
	require.Equal(t, int64(1999), o.Items[0].UnitPrice.Amount)
	require.NotEmpty(t, o.PaymentID)
	require.Nil(t, o.Failure)
	require.Equal(t, "order/"+o.ID, o.Saga.WorkflowID)
	require.Equal(t, "completed", o.Saga.State)
	require.Equal(t, "/v1/orders/"+o.ID, locationPath(a))
	require.Equal(t, o, b.Get(o.ID))
	b.RequireStock(stacktest.Stock{OnHand: 7, Available: 7}, product)
	require.Equal(t, []string{"authorize", "capture"}, b.Effects(o.ID))
	b.Want(http.MethodGet, "/v1/payments/"+o.PaymentID, nil, http.StatusOK)
}

func locationPath(a stack.Answer) string {
	location := a.Header.Get("Location")
	if i := strings.Index(location, "/v1/"); i > 0 {
		return location[i:]
	}
	return location
}

// TestRefused: each business no is told as one, and leaves nothing behind.
func TestRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	suspended := b.suspended()
	for _, tc := range []struct {
		name   string
		spoil  func(*stack.NewOrder)
		status int
		code   string
	}{
		{"declined", func(o *stack.NewOrder) { o.PaymentMethod = declined }, http.StatusPaymentRequired, "payment_declined"},
		{"no funds", func(o *stack.NewOrder) { o.PaymentMethod = noFunds }, http.StatusPaymentRequired, "payment_declined"},
		{"no stock", func(o *stack.NewOrder) { o.Items[0].Quantity = 11 }, http.StatusConflict, "insufficient_stock"},
		{"inactive", func(o *stack.NewOrder) { o.UserID = suspended }, http.StatusUnprocessableEntity, "user_inactive"},
		{"no user", func(o *stack.NewOrder) { o.UserID = "usr_01jzzzzzzzfzz9zzzzzzzzzzzz" }, http.StatusUnprocessableEntity, "user_not_found"},
		{"no product", func(o *stack.NewOrder) { o.Items[0].ProductID = "prd_01jzzzzzzzfzz9zzzzzzzzzzzz" }, http.StatusUnprocessableEntity, "product_not_found"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			product := b.Product(1999, 10)
			o := b.Basket(product, 2, visa)
			tc.spoil(&o)
			a := b.Buy(o, tc.status)
			require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"))
			require.Equal(t, tc.code, a.Problem.Code)
			require.Equal(t, "/v1/orders/"+a.Problem.OrderID, locationPath(a))
			got := b.Get(a.Problem.OrderID)
			require.Equal(t, "rejected", got.Status)
			require.Equal(t, tc.code, got.Failure.Code)
			require.Equal(t, "compensated", got.Saga.State)
			require.Equal(t, stacktest.Stock{OnHand: 10, Available: 10}, b.StockOf(product))
			require.Empty(t, b.Effects(got.ID))
		})
	}
}

func TestRespondAsync(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.Buy(b.Basket(b.Product(500, 5), 1, visa), http.StatusAccepted, "Prefer", "respond-async")
	require.Equal(t, "pending", a.Order.Status)
	require.Equal(t, "/v1/orders/"+a.Order.ID, locationPath(a))
	b.Await(a.Order.ID, "confirmed")
}

// TestIdempotencyKey: many requests with one key make one order.
func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	product := b.Product(700, 1000)
	o, key := b.Basket(product, 2, visa), "key-"+product
	answers := make([]stack.Answer, 100)
	var all errgroup.Group
	for i := range answers {
		all.Go(func() (err error) {
			answers[i], err = b.Place(context.Background(), o, "Idempotency-Key", key)
			return err
		})
	}
	require.NoError(t, all.Wait())
	for _, a := range answers {
		require.Equal(t, http.StatusCreated, a.Status, "%s", a.Body)
		require.Equal(t, answers[0].OrderID(), a.OrderID())
	}
	require.Equal(t, []string{"authorize", "capture"}, b.Effects(answers[0].OrderID()))
	b.RequireStock(stacktest.Stock{OnHand: 998, Available: 998}, product)

	// The order ended long ago: the same answer still.
	again := b.Buy(o, http.StatusCreated, "Idempotency-Key", key)
	require.Equal(t, answers[0].Order, again.Order)
	require.Equal(t, locationPath(answers[0]), locationPath(again))
	require.Equal(t, b.Get(again.Order.ID), again.Order)

	o.Items[0].Quantity = 3
	require.Equal(t, "idempotency_mismatch", b.Buy(o, http.StatusUnprocessableEntity, "Idempotency-Key", key).Problem.Code)
	b.RequireStock(stacktest.Stock{OnHand: 998, Available: 998}, product)
	require.Equal(t, []string{"authorize", "capture"}, b.Effects(again.OrderID()))
}

// TestIdempotencyKeyOfRefused: a no is repeated too, and does not try again.
func TestIdempotencyKeyOfRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	product := b.Product(700, 1)
	o, key := b.Basket(product, 2, visa), "key-"+product
	first := b.Buy(o, http.StatusConflict, "Idempotency-Key", key)
	b.setStock(product, 10) // now it could be had
	again := b.Buy(o, http.StatusConflict, "Idempotency-Key", key)
	require.NotEmpty(t, first.Problem.OrderID)
	require.Equal(t, first.Problem, again.Problem)
	require.Equal(t, locationPath(first), locationPath(again))
	require.Equal(t, stacktest.Stock{OnHand: 10, Available: 10}, b.StockOf(product))
	require.Empty(t, b.Effects(first.Problem.OrderID))
}
