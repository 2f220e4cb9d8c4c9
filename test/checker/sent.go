package checker

import (
	"net/http"
	"slices"
)

// Item is a line of an order.
type Item struct {
	Product  string
	Quantity int64
}

// sent is what clients asked for, whatever became of it.
type sent struct {
	orders  map[string]asked           // by idempotency key
	refunds map[string]map[string]bool // order id → idempotency keys
	prices  map[string]Money           // by product
}

// asked is an order as its client sent it first.
type asked struct {
	user  string
	items []Item
}

// Ordered keeps what a client sends with an idempotency key, before it does. The
// first body of a key counts.
func (c *Clients) Ordered(key, user string, items []Item) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sent.orders == nil {
		c.sent.orders = map[string]asked{}
	}
	if _, again := c.sent.orders[key]; !again {
		c.sent.orders[key] = asked{user, slices.Clone(items)}
	}
}

// AskedBack keeps that a client is about to ask for a refund with a key.
func (c *Clients) AskedBack(orderID, key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sent.refunds == nil {
		c.sent.refunds = map[string]map[string]bool{}
	}
	if c.sent.refunds[orderID] == nil {
		c.sent.refunds[orderID] = map[string]bool{}
	}
	c.sent.refunds[orderID][key] = true
}

// checkSent: G1, nothing was made that nobody asked for, or more often; C3, an
// order is what was asked for, at the shop's prices.
func (c *Clients) checkSent(b *books, v *Verdict) {
	for key, ids := range b.keys {
		if _, ok := c.sent.orders[key]; !ok {
			v.fail("G1", "orders %v have the key %s, which no client sent", ids, key)
		}
		if len(ids) > 1 {
			v.fail("G1", "key %s has orders %v", key, ids)
		}
	}
	for id, o := range b.orders {
		if o.Keys != 1 {
			v.fail("G1", "order %s has %d keys", id, o.Keys)
		}
	}
	for key, a := range c.sent.orders {
		for _, id := range b.keys[key] {
			a.check(b.orders[id], b.items[id], c.sent.prices, v)
		}
	}
	c.checkAskedBack(b, v)
}

func (a asked) check(o order, lines []orderLine, prices map[string]Money, v *Verdict) {
	if o.User != a.user {
		v.fail("G2", "order %s is of %s, and %s asked for it", o.ID, o.User, a.user)
	}
	items, total := make([]Item, len(lines)), int64(0)
	for i, l := range lines {
		items[i] = l.Item
		total += l.Total
		if o.Total.Currency == "" { // it was never priced
			continue
		}
		if want := prices[l.Product]; l.Price != want.Amount || o.Total.Currency != want.Currency || l.Total != l.Price*l.Quantity {
			v.fail("C3", "order %s: %+v, and the shop's price is %v", o.ID, l, want)
		}
	}
	if !slices.Equal(items, a.items) {
		v.fail("G2", "order %s is of %v, and %v was asked for", o.ID, items, a.items)
	}
	if total != o.Total.Amount {
		v.fail("C3", "order %s is of %v, and its lines of %d", o.ID, o.Total, total)
	}
}

// checkAskedBack: an order has no more refunds than were asked for and not
// refused, and the one that its cancellation asks for.
func (c *Clients) checkAskedBack(b *books, v *Verdict) {
	refused, taken := map[string]bool{}, map[string]bool{} // by key
	for _, t := range c.told {
		if t.Kind == Refunded {
			refused[t.Key] = refused[t.Key] || t.Status >= http.StatusBadRequest
			taken[t.Key] = taken[t.Key] || t.Status < http.StatusBadRequest
		}
	}
	most := map[string]int{}
	for id, keys := range c.sent.refunds {
		for key := range keys {
			if taken[key] || !refused[key] {
				most[id]++
			}
		}
	}
	made := map[string]int{}
	for _, r := range b.refunds {
		if r.Status != "refused" {
			made[r.Order]++
		}
	}
	for id, n := range made {
		if b.orders[id].CancelRequested {
			n--
		}
		if n > most[id] {
			v.fail("G1", "order %s has %d refunds, and %d were asked for", id, made[id], most[id])
		}
	}
}
