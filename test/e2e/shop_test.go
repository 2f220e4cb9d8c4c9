package e2e_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack"
)

const (
	visa          = stack.Visa
	declined      = stack.Declined
	noFunds       = stack.NoFunds
	authenticated = stack.Authenticated
)

// bench is one test's own corner of the platform.
type bench struct {
	*testing.T
	*stack.Shop
	stack *stack.Stack
	user  string
}

func setup(t *testing.T) *bench {
	t.Helper()
	s := shared(t)
	return &bench{T: t, Shop: s.NewShop(), stack: s, user: s.Users["alice"]}
}

func (b *bench) do(method, path string, body any, want int, headers ...string) stack.Answer {
	b.Helper()
	a, err := b.Do(context.Background(), method, path, body, headers...)
	require.NoError(b, err)
	require.Equal(b, want, a.Status, "%s %s: %s", method, path, a.Body)
	return a
}

// product creates a product with a price and a stock, and gives its id.
func (b *bench) product(price, onHand int64) string {
	b.Helper()
	id, err := b.NewProduct(context.Background(), b.Name(), price, onHand)
	require.NoError(b, err)
	return id
}

func (b *bench) id(a stack.Answer) string {
	b.Helper()
	var created struct {
		ID string `json:"id"`
	}
	require.NoError(b, json.Unmarshal(a.Body, &created))
	require.NotEmpty(b, created.ID)
	return created.ID
}

func (b *bench) setStock(product string, onHand int64) {
	b.Helper()
	require.NoError(b, b.SetStock(context.Background(), product, onHand))
}

type stock struct {
	OnHand    int64 `json:"on_hand"`
	Reserved  int64 `json:"reserved"`
	Available int64 `json:"available"`
}

func (b *bench) stockOf(product string) stock {
	b.Helper()
	var s stock
	require.NoError(b, json.Unmarshal(b.do(http.MethodGet, "/v1/stock/"+product, nil, http.StatusOK).Body, &s))
	return s
}

// requireStock waits for a stock: a confirmed order's units are sold a moment
// after its client was answered, or where a worker is killed, once its step's time
// is over.
func (b *bench) requireStock(want stock, product string) {
	b.Helper()
	require.Eventually(b, func() bool { return b.stockOf(product) == want }, 30*time.Second, 20*time.Millisecond, "%+v", b.stockOf(product))
}

func (b *bench) order(product string, quantity int64, method string) stack.NewOrder {
	return stack.NewOrder{UserID: b.user, PaymentMethod: method, Items: []stack.Item{{ProductID: product, Quantity: quantity}}}
}

func (b *bench) place(o stack.NewOrder, want int, headers ...string) stack.Answer {
	b.Helper()
	return b.do(http.MethodPost, "/v1/orders", o, want, headers...)
}

func (b *bench) get(orderID string) stack.Order {
	b.Helper()
	o, err := b.Order(context.Background(), orderID)
	require.NoError(b, err)
	return o
}

// await polls an order until its status is the wanted one.
func (b *bench) await(orderID, status string) stack.Order {
	b.Helper()
	var o stack.Order
	require.Eventually(b, func() bool { o = b.get(orderID); return o.Status == status }, 30*time.Second, 50*time.Millisecond,
		"order %s did not become %s", orderID, status)
	return o
}
