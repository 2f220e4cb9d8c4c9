package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack"
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
	b := startSplit(t)
	product := b.product(1500, 1000)
	confirmed := b.place(b.order(product, 1, visa), http.StatusCreated).Order
	asked := map[string]string{
		"a user": "/v1/users/" + b.user, "a product": "/v1/products/" + product, "products": "/v1/products?limit=50",
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
		p := b.stack.Process(service)
		require.NoError(t, syscall.Kill(p.PID, syscall.SIGKILL))
		var waits []string
		wait := map[bool]string{true: "wait=20", false: "wait=1"}[tc.orders == http.StatusCreated]
		for range 3 {
			a := b.place(b.order(product, 1, visa), tc.orders, "Prefer", wait)
			waits = append(waits, a.OrderID())
		}
		b.requireReady(service, "open", asked)
		for what, path := range asked {
			begun, want := time.Now(), http.StatusOK
			if slices.Contains(tc.fails, what) {
				want = http.StatusServiceUnavailable
			}
			a := b.do(http.MethodGet, path, nil, want)
			t.Logf("without %s: %s: %d in %s", service, what, a.Status, time.Since(begun).Round(time.Millisecond))
			if want == http.StatusOK && strings.HasPrefix(what, "a product") {
				require.Equal(t, tc.degraded, strings.Join(degradedOf(t, a), " "), "without %s", service)
			}
		}
		b.startAgain(p)
		b.requireReady(service, "closed", asked)
		for _, id := range waits {
			if tc.orders != http.StatusServiceUnavailable {
				b.await(id, "confirmed")
			}
		}
	}
	requireInvariants(t, b.stack)
}

// TestTwoOfAService: both take work, and one that is killed takes none with it.
func TestTwoOfAService(t *testing.T) {
	t.Parallel()
	b := startSplit(t, "--replicas", "inventory=2")
	product := b.product(700, 10_000)
	var placed []string
	require.Eventually(t, func() bool {
		for range 10 {
			placed = append(placed, b.place(b.order(product, 1, visa), http.StatusCreated).OrderID())
		}
		return b.workedOn("inventory", placed) > 0 && b.workedOn("inventory-2", placed) > 0
	}, time.Minute, time.Millisecond)
	for i := range 60 {
		if i == 20 {
			require.NoError(t, syscall.Kill(b.stack.Process("inventory").PID, syscall.SIGKILL))
		}
		placed = append(placed, b.placeAsync(product))
	}
	for _, id := range placed {
		b.await(id, "confirmed")
	}
	left := 10_000 - int64(len(placed))
	b.requireStock(stock{OnHand: left, Available: left}, product)
	requireInvariants(t, b.stack)
}

func startSplit(t *testing.T, args ...string) *bench {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	s, err := stack.Start(ctx, platform.binary, filepath.Join(t.TempDir(), "data"), append([]string{"--split", "--free-ports"}, args...)...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	return &bench{T: t, Shop: s.NewShop(), stack: s, user: s.Users["alice"]}
}

// startAgain runs the command of a process that was killed, with more arguments.
func (b *bench) startAgain(p stack.Process, args ...string) (kill func()) {
	b.Helper()
	cmd := exec.Command(p.Command[0], append(slices.Clone(p.Command[1:]), args...)...)
	require.NoError(b, cmd.Start())
	kill = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	b.Cleanup(kill)
	return kill
}

// requireReady: the front door tells how a service stands, once requests have met
// it.
func (b *bench) requireReady(service, breaker string, asked map[string]string) {
	b.Helper()
	var found struct {
		Checks map[string]struct{ Status, Breaker string }
	}
	require.Eventually(b, func() bool {
		for _, path := range asked {
			_, err := b.Do(context.Background(), http.MethodGet, path, nil)
			require.NoError(b, err)
		}
		a, err := b.Do(context.Background(), http.MethodGet, "/ready", nil)
		require.NoError(b, err)
		require.NoError(b, json.Unmarshal(a.Body, &found))
		is := found.Checks[service]
		return is.Breaker == breaker && (is.Status == "ok") == (breaker == "closed") && (a.Status == http.StatusOK) == (breaker == "closed")
	}, 30*time.Second, 100*time.Millisecond, "%s: %v", service, found)
	for name, check := range found.Checks {
		require.Equal(b, name == service && breaker == "open", check.Status != "ok", "%s while %s is %s", name, service, breaker)
	}
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
	c := temporal(b.T, b.stack)
	identity := fmt.Sprintf("%d@", b.stack.Process(process).PID)
	for _, id := range orders {
		for _, e := range readHistory(b.T, c, "order/"+id).Events {
			if strings.HasPrefix(e.GetActivityTaskStartedEventAttributes().GetIdentity(), identity) {
				n++
			}
		}
	}
	return n
}
