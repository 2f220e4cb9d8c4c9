package chaos_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/checker"
	"github.com/skaldhq/skald/test/stack"
)

// The payment methods that customers have.
const (
	visa          = "pm_card_visa"
	declined      = "pm_card_chargeDeclined"
	noFunds       = "pm_card_chargeDeclinedInsufficientFunds"
	authenticated = "pm_card_authenticationRequired"
)

const unknown = "01jzzzzzzzfzz9zzzzzzzzzzzz"

// shop is what there is to buy, and who buys.
type shop struct {
	world            *world
	doors            []*stack.Shop
	bank             *bank
	plenty, scarce   []string
	users, suspended string
}

// openShop fills the platform before anything fails.
func openShop(w *world, scarceUnits int64) *shop {
	s := &shop{world: w, users: w.infra.Users["alice"]}
	for _, addr := range w.doors {
		s.doors = append(s.doors, &stack.Shop{URL: "http://" + addr, Key: w.infra.APIKeys["operator"], HTTP: &http.Client{
			Timeout: 15 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 5 * time.Second},
		}})
	}
	s.bank = &bank{http: s.doors[0].HTTP, pages: map[string]bool{}}
	for i := range 15 {
		units := int64(1_000_000)
		if i >= 12 {
			units = scarceUnits
		}
		id := s.product(i, units)
		if i < 12 {
			s.plenty = append(s.plenty, id)
		} else {
			s.scarce = append(s.scarce, id)
		}
	}
	u := map[string]any{"email": "sam@example.com", "name": "Sam", "locale": "en", "status": "suspended"}
	s.suspended = "usr_01k9m2v6y7e4p8s0t2w4x6z8ab"
	s.must(http.MethodPut, "/v1/users/"+s.suspended, u)
	return s
}

func (s *shop) product(i int, units int64) string {
	price := stack.Money{Amount: int64(500 + 137*i), Currency: "EUR"}
	a := s.must(http.MethodPost, "/v1/products", map[string]any{
		"name": fmt.Sprintf("Thing %d", i), "description": "made by a test", "category": "test", "base_price": price,
	})
	var made struct {
		ID string `json:"id"`
	}
	require.NoError(s.world, json.Unmarshal(a.Body, &made))
	s.must(http.MethodPut, "/v1/stock/"+made.ID, map[string]any{"on_hand": units})
	s.world.clients.Stocked(made.ID, checker.Money(price), units)
	return made.ID
}

func (s *shop) must(method, path string, body any) stack.Answer {
	a, err := s.doors[0].Do(context.Background(), method, path, body)
	require.NoError(s.world, err)
	require.Less(s.world, a.Status, 300, "%s %s: %s", method, path, a.Body)
	return a
}

// basket is an order that chance puts together.
func (s *shop) basket(r *rand.Rand) stack.NewOrder {
	o := stack.NewOrder{UserID: s.users, PaymentMethod: visa}
	for range 1 + r.IntN(3) {
		o.Items = append(o.Items, stack.Item{ProductID: s.plenty[r.IntN(len(s.plenty))], Quantity: 1 + r.Int64N(3)})
	}
	switch n := r.IntN(100); {
	case n < 10:
		o.Items = append(o.Items, stack.Item{ProductID: s.scarce[r.IntN(len(s.scarce))], Quantity: 1 + r.Int64N(2)})
	case n < 14:
		o.Items = append(o.Items, o.Items[0]) // the same product on two lines
	case n < 24:
		o.PaymentMethod = declined
	case n < 27:
		o.PaymentMethod = noFunds
	case n < 37:
		o.PaymentMethod = authenticated
	case n < 39:
		o.UserID = "usr_" + unknown
	case n < 41:
		o.Items[0].ProductID = "prd_" + unknown
	case n < 43:
		o.UserID = s.suspended
	}
	return o
}

// ask sends a request to any front door, again and again until one gives an
// answer that settles it.
func (s *shop) ask(ctx context.Context, r *rand.Rand, method, path string, body any, kept checker.Told, headers ...string) (stack.Answer, bool) {
	for ctx.Err() == nil {
		if a, ok := s.try(ctx, r, method, path, body, kept, headers...); ok {
			return a, true
		}
		last(ctx, between(r, 150*time.Millisecond, 600*time.Millisecond))
	}
	return stack.Answer{}, false
}

// try sends a request to any front door, once. An answer that settles it is
// kept; a 5xx about an order does, because it tells how that ended.
func (s *shop) try(ctx context.Context, r *rand.Rand, method, path string, body any, kept checker.Told, headers ...string) (stack.Answer, bool) {
	s.sends(body, kept)
	a, err := s.doors[r.IntN(len(s.doors))].Do(ctx, method, path, body, headers...)
	if err != nil || (a.Status >= 500 && a.OrderID() == "") {
		s.world.refusals.note(kept.Kind)
		return stack.Answer{}, false
	}
	s.keep(a, kept)
	return a, true
}

// sends records a request that may make something.
func (s *shop) sends(body any, t checker.Told) {
	o, isOrder := body.(stack.NewOrder)
	switch {
	case t.Kind == checker.Refunded:
		s.world.clients.AskedBack(t.OrderID, t.Key)
	case t.Kind == checker.Placed && isOrder && !t.OtherBody:
		items := make([]checker.Item, len(o.Items))
		for i, item := range o.Items {
			items[i] = checker.Item{Product: item.ProductID, Quantity: item.Quantity}
		}
		s.world.clients.Ordered(t.Key, o.UserID, items)
	}
}

// keep records an answer.
func (s *shop) keep(a stack.Answer, t checker.Told) {
	t.Status, t.Code = a.Status, a.Problem.Code
	switch t.Kind {
	case checker.Refunded:
		var made struct {
			ID string `json:"id"`
		}
		_ = json.Unmarshal(a.Body, &made) // a problem has none
		t.RefundID = made.ID
	default:
		if id := a.OrderID(); id != "" {
			t.OrderID = id
		}
		t.OrderStatus, t.Version = a.Order.Status, a.Order.Version
	}
	s.world.clients.Tell(t)
}
