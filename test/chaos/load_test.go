package chaos_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skaldhq/skald/test/checker"
	"github.com/skaldhq/skald/test/stack"
)

// load is the customers: each places an order and does with it what chance says.
type load struct {
	shop    *shop
	seed    uint64
	orders  int
	every   time.Duration // between two new orders
	placed  atomic.Int64
	ended   atomic.Int64
	at      sync.Mutex
	started []time.Time
	settled []time.Time
}

// customersAtOnce bounds how many orders are looked after at the same time.
const customersAtOnce = 400

// run lets all customers come, and waits until they have left.
func (l *load) run(ctx context.Context) {
	var (
		customers sync.WaitGroup
		room      = make(chan struct{}, customersAtOnce)
		begun     = time.Now()
	)
	for i := range l.orders {
		last(ctx, time.Until(begun.Add(time.Duration(i)*l.every)))
		room <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		customers.Go(func() {
			defer func() { <-room }()
			l.mark(&l.placed, &l.started)
			l.customer(ctx, i, rand.New(rand.NewPCG(l.seed, uint64(1000+i))))
			l.mark(&l.ended, &l.settled)
		})
	}
	customers.Wait()
}

func (l *load) mark(n *atomic.Int64, times *[]time.Time) {
	n.Add(1)
	l.at.Lock()
	defer l.at.Unlock()
	*times = append(*times, time.Now())
}

// customer places one order.
func (l *load) customer(ctx context.Context, i int, r *rand.Rand) {
	o, key := l.shop.basket(r), fmt.Sprintf("chaos-%d-%d", l.seed, i)
	prefer := []string{"respond-async", "wait=5"}[r.IntN(2)]
	send := l.shop.ask
	if r.IntN(100) < 3 { // leaves without an answer; what became of the order is the platform's to see to
		send = l.shop.try
	}
	post := func(body stack.NewOrder, other bool) (stack.Answer, bool) {
		return send(ctx, r, http.MethodPost, "/v1/orders", body, checker.Told{Kind: checker.Placed, Key: key, OtherBody: other},
			"Idempotency-Key", key, "Prefer", prefer)
	}
	a, ok := post(o, false)
	if !ok || a.OrderID() == "" {
		return
	}
	id := a.OrderID()
	if r.IntN(100) < 12 {
		last(ctx, between(r, 0, 1500*time.Millisecond))
		l.shop.ask(ctx, r, http.MethodPut, "/v1/orders/"+id+"/cancellation", nil, checker.Told{Kind: checker.Cancelled, OrderID: id})
	}
	if r.IntN(100) < 10 { // the client forgets that it has an answer
		post(o, false)
	}
	if r.IntN(100) < 5 { // the client takes its key for another order
		other := o
		other.Items = append(slices.Clone(o.Items), stack.Item{ProductID: l.shop.plenty[0], Quantity: 7})
		post(other, true)
	}
	if l.watch(ctx, r, id) == "confirmed" && r.IntN(100) < 30 {
		l.refund(ctx, r, id, key, o)
	}
}

// watch looks at an order now and then until it is decided, and confirms the
// payment at the bank where that is asked for, or fails it, or forgets.
func (l *load) watch(ctx context.Context, r *rand.Rand, id string) (status string) {
	acts := []string{"complete", "complete", "fail", ""}[r.IntN(4)]
	for pause := 100 * time.Millisecond; ctx.Err() == nil; pause = min(2*pause, 3*time.Second) {
		last(ctx, pause+between(r, 0, 200*time.Millisecond))
		a, ok := l.shop.ask(ctx, r, http.MethodGet, "/v1/orders/"+id, nil, checker.Told{Kind: checker.Seen, OrderID: id})
		if !ok {
			return ""
		}
		if a.Order.Status != "pending" && a.Order.Status != "awaiting_payment" {
			return a.Order.Status
		}
		if next := a.Order.NextAction; next != nil && l.shop.bank.act(ctx, next.URL, acts) {
			acts = ""
		}
	}
	return ""
}

// refund gives some of an order back, or all of it, and asks twice at times.
func (l *load) refund(ctx context.Context, r *rand.Rand, id, key string, o stack.NewOrder) {
	body := map[string]any{"reason": "not as described"}
	if r.IntN(2) == 0 {
		body["lines"] = []stack.Item{{ProductID: o.Items[0].ProductID, Quantity: 1}}
	}
	for range 1 + r.IntN(2) {
		l.shop.ask(ctx, r, http.MethodPost, "/v1/orders/"+id+"/refunds", body,
			checker.Told{Kind: checker.Refunded, OrderID: id, Key: key + "-refund"}, "Idempotency-Key", key+"-refund")
	}
}

// operator retries what is parked, as one does once a fault is mended.
func (s *shop) operator(ctx context.Context, r *rand.Rand) (retried int) {
	var page struct {
		Items []struct {
			WorkflowID string `json:"workflow_id"`
		} `json:"items"`
	}
	a, err := s.doors[r.IntN(len(s.doors))].Do(ctx, http.MethodGet, "/v1/sagas?state=parked&limit=100", nil)
	if err != nil || json.Unmarshal(a.Body, &page) != nil {
		return 0
	}
	for _, parked := range page.Items {
		var saga struct {
			Parked []struct {
				Step string `json:"step"`
			} `json:"parked"`
		}
		path := "/v1/sagas/" + parked.WorkflowID
		if a, err := s.doors[0].Do(ctx, http.MethodGet, path, nil); err != nil || json.Unmarshal(a.Body, &saga) != nil {
			continue
		}
		for _, p := range saga.Parked {
			a, err := s.doors[0].Do(ctx, http.MethodPost, path+"/resolutions", map[string]any{"action": "retry", "reason": "all is mended", "step": p.Step})
			if err == nil && a.Status < 300 {
				retried++
				continue
			}
			fmt.Printf("chaos: the operator's retry of %s at %s: %d %s %v\n", parked.WorkflowID, p.Step, a.Status, a.Problem.Code, err)
		}
	}
	return retried
}
