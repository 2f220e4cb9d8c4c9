package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

// without is what is answered while a service is down, of what the front door is
// asked; the rest is answered as ever.
type without struct {
	fails    []string // 503
	degraded string   // what a product names
	orders   int      // the status of a new order
}

// TestSplit: the platform as a process a service. While one of them is down the
// others are served as before; once it is there again every order that waits for
// it ends, with no action of anyone.
func TestSplit(t *testing.T) {
	t.Parallel()
	b := &bench{platform.Split(t)}
	product := b.Product(1500, 1000)
	confirmed := b.Buy(b.Basket(product, 1, visa), http.StatusCreated).Order
	asked := map[string]string{
		"a user": "/v1/users/" + b.User, "a product": "/v1/products/" + product, "products": "/v1/products?limit=50",
		"stock": "/v1/stock/" + product, "a price": "/v1/prices/" + product,
		"an order": "/v1/orders/" + confirmed.ID, "orders": "/v1/orders?limit=50", "payments": "/v1/payments?limit=50",
		"a timeline": "/v1/orders/" + confirmed.ID + "/timeline", "notifications": "/v1/notifications?limit=50",
	}
	for service, tc := range map[string]without{
		"user":      {fails: []string{"a user"}, orders: http.StatusAccepted},
		"product":   {fails: []string{"a product", "products"}, orders: http.StatusCreated},
		"pricing":   {fails: []string{"a price"}, degraded: "pricing", orders: http.StatusAccepted},
		"inventory": {fails: []string{"stock"}, degraded: "inventory", orders: http.StatusAccepted},
		"payment":   {fails: []string{"payments"}, orders: http.StatusAccepted},
		"order":     {fails: []string{"an order", "orders", "a timeline"}, orders: http.StatusServiceUnavailable},

		"notification": {fails: []string{"notifications"}, orders: http.StatusCreated},
	} {
		p := b.Stack.Process(service)
		require.NoError(t, syscall.Kill(p.PID, syscall.SIGKILL))
		var waits []string
		wait := map[bool]string{true: "wait=20", false: "wait=1"}[tc.orders == http.StatusCreated]
		for range 3 {
			a := b.Buy(b.Basket(product, 1, visa), tc.orders, "Prefer", wait)
			waits = append(waits, a.OrderID())
		}
		b.RequireReady(service, "open", asked)
		for what, path := range asked {
			begun, want := time.Now(), http.StatusOK
			if slices.Contains(tc.fails, what) {
				want = http.StatusServiceUnavailable
			}
			a := b.Want(http.MethodGet, path, nil, want)
			t.Logf("without %s: %s: %d in %s", service, what, a.Status, time.Since(begun).Round(time.Millisecond))
			if want == http.StatusOK && strings.HasPrefix(what, "a product") {
				require.Equal(t, tc.degraded, strings.Join(degradedOf(t, a), " "), "without %s", service)
			}
		}
		b.StartAgain(p)
		b.RequireReady(service, "closed", asked)
		for _, id := range waits {
			if tc.orders != http.StatusServiceUnavailable {
				b.Await(id, "confirmed")
			}
		}
	}
	b.RequireInvariants()
}

// TestTwoOfAService: both take work, and one that is killed takes none with it.
func TestTwoOfAService(t *testing.T) {
	t.Parallel()
	b := &bench{platform.Split(t, "--replicas", "inventory=2")}
	product := b.Product(700, 10_000)
	var placed []string
	require.Eventually(t, func() bool {
		for range 10 {
			placed = append(placed, b.Buy(b.Basket(product, 1, visa), http.StatusCreated).OrderID())
		}
		return b.workedOn("inventory", placed) > 0 && b.workedOn("inventory-2", placed) > 0
	}, time.Minute, time.Millisecond)
	for i := range 60 {
		if i == 20 {
			require.NoError(t, syscall.Kill(b.Stack.Process("inventory").PID, syscall.SIGKILL))
		}
		placed = append(placed, b.BuyAsync(product))
	}
	for _, id := range placed {
		b.Await(id, "confirmed")
	}
	left := 10_000 - int64(len(placed))
	b.RequireStock(stacktest.Stock{OnHand: left, Available: left}, product)
	b.RequireInvariants()
}

func degradedOf(t *testing.T, a stack.Answer) []string {
	t.Helper()
	var p struct{ Degraded []string }
	require.NoError(t, json.Unmarshal(a.Body, &p))
	return p.Degraded
}

// workedOn counts the activities that a process did of some orders.
func (b *bench) workedOn(process string, orders []string) (n int) {
	b.Helper()
	c := b.Temporal()
	identity := fmt.Sprintf("%d@", b.Stack.Process(process).PID)
	for _, id := range orders {
		for _, e := range stacktest.History(b.T, c, "order/"+id).Events {
			if strings.HasPrefix(e.GetActivityTaskStartedEventAttributes().GetIdentity(), identity) {
				n++
			}
		}
	}
	return n
}
