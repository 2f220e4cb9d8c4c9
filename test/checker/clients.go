package checker

import (
	"net/http"
	"slices"
	"sync"
)

// Told is one answer that a client got.
type Told struct {
	Kind string // what was asked for: one of the constants
	Key  string // idempotency key of a Placed or Refunded
	// OtherBody: the key came with another body before.
	OtherBody bool
	Status    int    // HTTP status
	Code      string // of a problem
	OrderID   string
	RefundID  string // of a Refunded
	// OrderStatus and Version are the order as it was shown; empty: it was not.
	OrderStatus string
	Version     int64
}

// What clients ask for.
const (
	Placed    = "place"
	Seen      = "get"
	Cancelled = "cancel"
	Refunded  = "refund"
)

// Clients is the record of what clients were told. It may be used concurrently.
type Clients struct {
	mu    sync.Mutex
	told  []Told
	stock map[string]int64
	sent  sent
}

// Tell keeps an answer.
func (c *Clients) Tell(t Told) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told = append(c.told, t)
}

// Stocked keeps that a product was given its price and its units, once.
func (c *Clients) Stocked(productID string, price Money, onHand int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stock == nil {
		c.stock, c.sent.prices = map[string]int64{}, map[string]Money{}
	}
	c.stock[productID], c.sent.prices[productID] = onHand, price
}

// check: G1, G2, G8, and G3 as far as clients saw it.
func (c *Clients) check(b *books, v *Verdict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v.Answers = len(c.told)
	statuses := map[string]map[int64]string{}
	for _, e := range b.events {
		if statuses[e.Aggregate] == nil {
			statuses[e.Aggregate] = map[int64]string{}
		}
		statuses[e.Aggregate][e.Version] = e.Type
	}
	for product, units := range c.stock {
		if b.initial[product] != units {
			v.fail("S1", "product %s was given %d units, and has adjustments of %d", product, units, b.initial[product])
		}
	}
	c.checkSent(b, v)
	known := map[string]string{} // key → what clients were told it made
	seen := map[string]int64{}   // order → its newest version
	for _, t := range c.told {
		if t.OrderStatus != "" {
			if was := statuses[t.OrderID][t.Version]; was != "order."+t.OrderStatus && (was != "order.created" || t.OrderStatus != "pending") {
				v.fail("G3", "order %s was shown as %s in version %d, which is %q", t.OrderID, t.OrderStatus, t.Version, was)
			}
		}
		switch t.Kind {
		case Placed:
			t.checkPlaced(b, known, v)
		case Seen:
			t.checkSeen(seen, v)
		case Cancelled:
			t.checkCancelled(b, v)
		case Refunded:
			t.checkRefunded(b, known, v)
		}
		if t.OrderID != "" && t.Status < http.StatusMultipleChoices {
			if _, ok := b.orders[t.OrderID]; !ok {
				v.fail("G8", "order %s was answered (%d), and is lost", t.OrderID, t.Status)
			}
		}
	}
}

const mismatch = "idempotency_mismatch"

func (t Told) checkPlaced(b *books, known map[string]string, v *Verdict) {
	switch {
	case t.OtherBody && t.Status < http.StatusInternalServerError && t.Code != mismatch:
		v.fail("G2", "key %s with another body was answered %d %s", t.Key, t.Status, t.Code)
	case !t.OtherBody && t.Code == mismatch:
		v.fail("G2", "key %s with the same body is a mismatch", t.Key)
	}
	if t.OrderID == "" {
		if t.Status >= 400 && t.Status < 500 && !t.OtherBody && len(b.keys[t.Key]) > 0 {
			v.fail("G8", "key %s was refused (%d %s) without an order, and has %v", t.Key, t.Status, t.Code, b.keys[t.Key])
		}
		return
	}
	if before, ok := known[t.Key]; ok && before != t.OrderID {
		v.fail("G1", "key %s was answered with order %s and %s", t.Key, before, t.OrderID)
	}
	known[t.Key] = t.OrderID
	o, ok := b.orders[t.OrderID]
	if !ok || !slices.Contains(b.keys[t.Key], t.OrderID) {
		v.fail("G8", "order %s was answered (%d) to key %s, and is lost", t.OrderID, t.Status, t.Key)
	}
	switch {
	case t.Status == http.StatusCreated && !o.bought():
		v.fail("G8", "order %s was confirmed to its client, and is %s", t.OrderID, o.Status)
	case t.Status >= 400 && (o.bought() || t.Code != o.Code):
		v.fail("G8", "order %s was refused (%d %s), and is %s (%s)", t.OrderID, t.Status, t.Code, o.Status, o.Code)
	}
}

// checkSeen: who has an order's id sees it, and never older than before.
func (t Told) checkSeen(seen map[string]int64, v *Verdict) {
	switch {
	case t.Status != http.StatusOK:
		v.fail("G8", "order %s was answered, and then %d %s", t.OrderID, t.Status, t.Code)
	case t.Version < seen[t.OrderID]:
		v.fail("G3", "order %s was shown in version %d after %d", t.OrderID, t.Version, seen[t.OrderID])
	default:
		seen[t.OrderID] = t.Version
	}
}

func (t Told) checkCancelled(b *books, v *Verdict) {
	o := b.orders[t.OrderID]
	if t.Status == http.StatusAccepted && (!o.CancelRequested || o.Status == "confirmed") {
		v.fail("G8", "the cancellation of order %s was accepted, and it is %s", t.OrderID, o.Status)
	}
	if t.Status >= http.StatusBadRequest && (t.Status != http.StatusConflict || o.Status == "confirmed") {
		v.fail("G8", "the cancellation of order %s was refused (%d %s), and it is %s", t.OrderID, t.Status, t.Code, o.Status)
	}
}

func (t Told) checkRefunded(b *books, known map[string]string, v *Verdict) {
	if t.Status != http.StatusAccepted {
		return
	}
	if before, ok := known[t.Key]; ok && before != t.RefundID {
		v.fail("G1", "key %s was answered with refund %s and %s", t.Key, before, t.RefundID)
	}
	known[t.Key] = t.RefundID
	r, ok := b.refunds[t.RefundID]
	switch {
	case !ok || r.Order != t.OrderID:
		v.fail("G8", "refund %s of order %s was accepted, and is lost", t.RefundID, t.OrderID)
	case r.Status == "requested":
		v.fail("G8", "refund %s of order %s was accepted, and is %s", t.RefundID, t.OrderID, r.Status)
	}
}
