// Package sealed_test looks at what is left at Temporal where payloads are sealed:
// who can read it, how keys are changed, and what becomes of it with its user.
package sealed_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/history/v1"

	"github.com/skaldhq/skald/test/stack"
)

const (
	visa          = stack.Visa
	declined      = stack.Declined
	authenticated = stack.Authenticated
)

// bench is a user's corner of the platform.
type bench struct {
	*testing.T
	*stack.Shop
	stack *stack.Stack
	user  string
}

func (b *bench) do(method, path string, body any, want int) stack.Answer {
	b.Helper()
	a, err := b.Do(context.Background(), method, path, body)
	require.NoError(b, err)
	require.Equal(b, want, a.Status, "%s %s: %s", method, path, a.Body)
	return a
}

func (b *bench) order(product string, quantity int64, method string) stack.NewOrder {
	return stack.NewOrder{UserID: b.user, PaymentMethod: method, Items: []stack.Item{{ProductID: product, Quantity: quantity}}}
}

func (b *bench) place(o stack.NewOrder, want int) stack.Answer {
	b.Helper()
	return b.do(http.MethodPost, "/v1/orders", o, want)
}

func (b *bench) get(orderID string) stack.Order {
	b.Helper()
	o, err := b.Order(context.Background(), orderID)
	require.NoError(b, err)
	return o
}

func (b *bench) await(orderID, status string) {
	b.Helper()
	require.Eventually(b, func() bool { return b.get(orderID).Status == status }, time.Minute, 50*time.Millisecond, status)
}

// customer is the same for a user of its own.
func (b *bench) customer() *bench {
	b.Helper()
	own := *b
	a := b.do(http.MethodPost, "/v1/users", map[string]any{
		"email": fmt.Sprintf("c%d@example.com", time.Now().UnixNano()), "name": "Kim", "locale": "en",
	}, http.StatusCreated)
	var made struct{ ID string }
	require.NoError(b, json.Unmarshal(a.Body, &made))
	own.user = made.ID
	return &own
}

// history is a run's as it is.
func (b *sealedBench) history(workflowID string) *history.History {
	b.Helper()
	h, err := stack.History(context.Background(), b.temporal, workflowID)
	require.NoError(b, err)
	return h
}
