package chaos_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/test/checker"
	"github.com/skaldhq/skald/test/stack"
)

// point is where a process is to die: before an activity's transaction or after
// its commit; of the front door after its claim and before the start of the
// saga, or after that.
type point struct {
	operation string
	drive     func(*journey) // leads an order there
}

func points() []point {
	return []point{
		{"StartPlaceOrder", (*journey).leave}, {"StartAndAwait", (*journey).buyAndWait},
		{"CancelWorkflow", (*journey).cancel}, {"StartRefundOrder", (*journey).refund},
		{"CheckCustomer", (*journey).buy}, {"QuoteOrder", (*journey).buy}, {"ReserveStock", (*journey).buy},
		{"AuthorizePayment", (*journey).buy}, {"CapturePayment", (*journey).buy}, {"CommitStock", (*journey).buy},
		{"TransitionOrder", (*journey).buy}, {"MarkSaga", (*journey).abandon},
		{"VoidPayment", (*journey).decline}, {"ReleaseStock", (*journey).decline},
		{"RefundPayment", (*journey).refund}, {"ReturnStock", (*journey).refund}, {"FinishRefund", (*journey).refund},
	}
}

// TestCrashPoints: a process that dies at any of the points leaves nothing
// undone, done twice, or done for nothing. All points are armed at once, and
// each strikes once.
func TestCrashPoints(t *testing.T) {
	armed := t.TempDir()
	w := newWorld(t, binaries.crash, "SKALD_CRASH_POINTS="+armed)
	shop := openShop(w, 1000)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for _, when := range []string{"before", "after"} {
		for _, p := range points() {
			require.NoError(t, os.WriteFile(filepath.Join(armed, p.operation+"-"+when), nil, 0o600))
		}
		var journeys errgroup.Group
		for i, p := range points() {
			journeys.Go(func() error {
				j := &journey{ctx: ctx, shop: shop, key: fmt.Sprintf("point-%s-%s", p.operation, when), r: rand.New(rand.NewPCG(uint64(i), 1))}
				// The point may be passed by another order's journey; it strikes somebody.
				for n := 0; j.err == nil && exists(filepath.Join(armed, p.operation+"-"+when)); n++ {
					j.key = fmt.Sprintf("%s-%d", j.key, n)
					p.drive(j)
				}
				return j.err
			})
		}
		require.NoError(t, journeys.Wait(), "%s", w.logs())
		left, err := os.ReadDir(armed)
		require.NoError(t, err)
		require.Empty(t, left, "points at which nothing died")
	}
	restarts := 0
	for _, p := range w.processes {
		restarts += p.restarts()
	}
	require.GreaterOrEqual(t, restarts, len(points()), "every point kills a process, some together")
	rest, cancelRest := context.WithTimeout(ctx, 2*time.Minute)
	defer cancelRest()
	if err := w.platform().Rest(rest); err != nil {
		require.NoError(t, err, "%s\n%s", w.platform().Explain(ctx), w.logs())
	}
	v, err := w.platform().Judge(ctx)
	require.NoError(t, err)
	require.NoError(t, v.Err())
	fmt.Printf("crash points: %d, %d restarts, %d orders, %d refunds, no violation\n", 2*len(points()), restarts, v.Orders, v.Refunds)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// journey is one customer's way to a point, and on to the end.
type journey struct {
	ctx  context.Context
	shop *shop
	key  string
	r    *rand.Rand
	err  error
}

func (j *journey) order(method string) stack.NewOrder {
	return stack.NewOrder{UserID: j.shop.users, PaymentMethod: method, Items: []stack.Item{{ProductID: j.shop.plenty[0], Quantity: 1}}}
}

// place posts an order until it is answered.
func (j *journey) place(method, prefer string) (id string) {
	a, ok := j.shop.ask(j.ctx, j.r, http.MethodPost, "/v1/orders", j.order(method), checker.Told{Kind: checker.Placed, Key: j.key},
		"Idempotency-Key", j.key, "Prefer", prefer)
	if !ok {
		j.err = fmt.Errorf("%s: no answer", j.key)
	}
	return a.OrderID()
}

// await looks at an order until it ended, which must be as wanted.
func (j *journey) await(id, want string) {
	goesOn := []string{"pending", "awaiting_payment", "confirmed"}
	for j.err == nil {
		last(j.ctx, 200*time.Millisecond)
		a, ok := j.shop.ask(j.ctx, j.r, http.MethodGet, "/v1/orders/"+id, nil, checker.Told{Kind: checker.Seen, OrderID: id})
		switch status := a.Order.Status; {
		case ok && status == want:
			return
		case !ok || !slices.Contains(goesOn, status):
			j.err = fmt.Errorf("%s: order %s is %q, not %s", j.key, id, status, want)
		}
	}
}

func (j *journey) buy()        { j.await(j.place(visa, "respond-async"), "confirmed") }
func (j *journey) buyAndWait() { j.await(j.place(visa, "wait=8"), "confirmed") }
func (j *journey) decline()    { j.await(j.place(declined, "respond-async"), "rejected") }
func (j *journey) abandon()    { j.await(j.place(authenticated, "respond-async"), "rejected") }

// leave posts an order once, and does not wait for what becomes of it.
func (j *journey) leave() {
	j.shop.try(j.ctx, j.r, http.MethodPost, "/v1/orders", j.order(visa), checker.Told{Kind: checker.Placed, Key: j.key},
		"Idempotency-Key", j.key, "Prefer", "respond-async")
}

func (j *journey) cancel() {
	id := j.place(authenticated, "respond-async")
	j.ask(http.MethodPut, "/v1/orders/"+id+"/cancellation", nil, checker.Told{Kind: checker.Cancelled, OrderID: id})
	j.await(id, "cancelled")
}

func (j *journey) refund() {
	id := j.place(visa, "respond-async")
	j.await(id, "confirmed")
	j.ask(http.MethodPost, "/v1/orders/"+id+"/refunds", map[string]any{"reason": "broken"},
		checker.Told{Kind: checker.Refunded, OrderID: id, Key: j.key + "-refund"}, "Idempotency-Key", j.key+"-refund")
	j.await(id, "refunded")
}

func (j *journey) ask(method, path string, body any, kept checker.Told, headers ...string) {
	if _, ok := j.shop.ask(j.ctx, j.r, method, path, body, kept, headers...); !ok && j.err == nil {
		j.err = fmt.Errorf("%s: no answer", j.key)
	}
}
