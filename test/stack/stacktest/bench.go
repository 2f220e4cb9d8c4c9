package stacktest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack"
)

// patience is for an order on its way, on a machine that does other things too.
const patience = time.Minute

// Bench is one test's own corner of a platform: it asks as an operator, and what is
// answered otherwise than the test wants ends the test.
type Bench struct {
	*testing.T
	*stack.Shop

	Stack *stack.Stack
	User  string // for whom it orders
}

// On gives a corner of a platform.
func On(t *testing.T, s *stack.Stack) *Bench {
	t.Helper()
	return &Bench{T: t, Shop: s.NewShop(), Stack: s, User: s.Users["alice"]}
}

// Want sends a request and wants a status. Headers come in pairs.
func (b *Bench) Want(method, path string, body any, want int, headers ...string) stack.Answer {
	b.Helper()
	a, err := b.Do(context.Background(), method, path, body, headers...)
	require.NoError(b, err)
	require.Equal(b, want, a.Status, "%s %s: %s", method, path, a.Body)
	return a
}

// ID reads the id of what was created.
func (b *Bench) ID(a stack.Answer) string {
	b.Helper()
	var created struct {
		ID string `json:"id"`
	}
	require.NoError(b, json.Unmarshal(a.Body, &created))
	require.NotEmpty(b, created.ID)
	return created.ID
}

// Product creates a product with a price and a stock, and gives its id.
func (b *Bench) Product(price, onHand int64) string {
	b.Helper()
	id, err := b.NewProduct(context.Background(), b.Name(), price, onHand)
	require.NoError(b, err)
	return id
}

// NewUser makes a user who reads a language, with an address of their own.
func (b *Bench) NewUser(locale string) (userID, email string) {
	b.Helper()
	email = uuid.NewString() + "@mail.example"
	a := b.Want(http.MethodPost, "/v1/users", map[string]any{"name": "Kim " + locale, "email": email, "locale": locale, "status": "active"}, http.StatusCreated)
	return b.ID(a), email
}

// Customer is the same corner for a user of its own.
func (b *Bench) Customer() *Bench {
	b.Helper()
	own := *b
	own.User, _ = b.NewUser("en")
	return &own
}

// Basket is an order of one product, as it is sent.
func (b *Bench) Basket(product string, quantity int64, method string) stack.NewOrder {
	return stack.NewOrder{UserID: b.User, PaymentMethod: method, Items: []stack.Item{{ProductID: product, Quantity: quantity}}}
}

// Buy places an order and wants a status.
func (b *Bench) Buy(o stack.NewOrder, want int, headers ...string) stack.Answer {
	b.Helper()
	return b.Want(http.MethodPost, "/v1/orders", o, want, headers...)
}

// Get reads an order.
func (b *Bench) Get(orderID string) stack.Order {
	b.Helper()
	o, err := b.Order(context.Background(), orderID)
	require.NoError(b, err)
	return o
}

// Await polls an order until its status is the wanted one.
func (b *Bench) Await(orderID, status string) (o stack.Order) {
	b.Helper()
	require.Eventually(b, func() bool { o = b.Get(orderID); return o.Status == status }, patience, 50*time.Millisecond,
		fmt.Sprintf("order %s did not become %s", orderID, status))
	return o
}
