// Package rollout_test rolls the order worker from one version to the next and back
// while orders are placed, in processes of the production binary.
package rollout_test

import (
	"context"
	"net/http"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/checker"
	"github.com/skaldhq/skald/test/stack"
)

// restTimeout is how long the work that was begun may take to come to rest.
const restTimeout = 2 * time.Minute

// order is one of the rollout's product.
func (r *rollout) order(method string) stack.NewOrder {
	return stack.NewOrder{UserID: r.stack.Users["alice"], PaymentMethod: method, Items: []stack.Item{{ProductID: r.product, Quantity: 1}}}
}

// status reads an order's.
func (r *rollout) status(orderID string) string {
	r.Helper()
	o, err := r.Order(context.Background(), orderID)
	require.NoError(r, err)
	return o.Status
}

func (r *rollout) requireConfirmed(orderID string) {
	r.Helper()
	require.Eventually(r, func() bool { return r.status(orderID) == "confirmed" }, 30*time.Second, 50*time.Millisecond)
}

// act lets a customer act.
func (r *rollout) act(o stack.Order) {
	r.Helper()
	require.NoError(r, stack.Act(context.Background(), o, "complete"))
}

// requireInvariants waits until the platform is at rest, and judges it.
func (r *rollout) requireInvariants() {
	r.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), restTimeout)
	defer cancel()
	s := r.stack
	require.NoError(r, checker.Platform{Databases: s.Databases, PSP: s.PSP, Temporal: s.Temporal, Kafka: s.Kafka}.Check(ctx))
}

// ready tells whether the front door and all behind it are.
func (r *rollout) ready() bool {
	a, err := r.Do(context.Background(), http.MethodGet, "/ready", nil)
	return err == nil && a.Status == http.StatusOK
}
