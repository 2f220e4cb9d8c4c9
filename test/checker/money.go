package checker

// account is what happened to the money of one order, or one payment of its own, at
// the provider, in minor units.
type account struct {
	authorized, captured, voided, refunded int64
	times                                  map[string]int // successes of each effect
	ended                                  bool           // a void was answered
}

// checkMoney: M1 to M4, and G5 as far as the provider saw it.
func (b *books) checkMoney(v *Verdict) {
	done := map[string]*account{}
	subjects := b.subjects()
	for _, line := range b.log {
		id := line.subject()
		o, ok := subjects[id]
		if !ok || line.Metadata["user_id"] != o.User || !b.asked(o, line) {
			v.fail("M3", "the provider's %+v is not of order %+v", line, o)
		}
		a := done[id]
		if a == nil {
			a = &account{times: map[string]int{}}
			done[id] = a
		}
		if a.ended && line.Happened() && line.Operation != "refund" && line.Operation != "void" {
			v.fail("G5", "order %s: %s at the provider after the void", id, line.Operation)
		}
		a.add(line)
	}
	given := map[string]int64{}
	for _, r := range b.refunds {
		if r.Status == "done" {
			given[r.Order] += r.Amount
		}
	}
	for _, r := range b.paid {
		if _, own := b.payments[r.Order]; own && r.Status == "done" {
			given[r.Order] += r.Amount
		}
	}
	for id, o := range subjects {
		a := done[id]
		if a == nil {
			a = &account{}
		}
		o.checkMoney(a, given[id], v)
	}
}

// asked tells whether a line asks for what the order is about.
func (b *books) asked(o order, line Line) bool {
	if line.Currency != o.Total.Currency {
		return false
	}
	if line.Operation != "refund" {
		return line.Amount == o.Total.Amount
	}
	if !line.Happened() { // the line does not say which refund it was
		return line.Amount <= o.Total.Amount
	}
	r, ok := b.paid[line.Metadata["refund_id"]]
	return ok && r.Order == o.ID && r.Amount == line.Amount
}

func (a *account) add(line Line) {
	if line.Operation == "void" && (line.Outcome == "succeeded" || line.Outcome == "nothing_held") {
		a.ended = true
	}
	if !line.Happened() {
		return
	}
	effect := line.Operation
	switch effect {
	case "authorize":
		a.authorized += line.Amount
	case "capture":
		a.captured += line.Amount
	case "void":
		a.voided += line.Amount
	case "refund":
		a.refunded += line.Amount
		effect += " " + line.Metadata["refund_id"]
	}
	a.times[effect]++
}

// checkMoney compares how the order ended with what the provider did. given is
// what the order's refunds gave back.
func (o order) checkMoney(a *account, given int64, v *Verdict) {
	for effect, times := range a.times {
		if times > 1 {
			v.fail("M2", "order %s: %d times %s", o.ID, times, effect)
		}
	}
	paid, held := a.captured-a.refunded, a.authorized-a.captured-a.voided
	if a.voided > 0 && a.captured > 0 {
		v.fail("M2", "order %s was voided and captured", o.ID)
	}
	if a.refunded > a.captured {
		v.fail("M2", "order %s: %d refunded of %d", o.ID, a.refunded, a.captured)
	}
	switch {
	case o.Status == "confirmed" && (a.captured != o.Total.Amount || paid != o.Total.Amount-given):
		v.fail("M1", "order %s is confirmed at %v less %d, and %d was captured, %d refunded", o.ID, o.Total, given, a.captured, a.refunded)
	case o.Status != "confirmed" && paid != 0:
		v.fail("M1", "order %s is %s, and %d is paid", o.ID, o.Status, paid)
	}
	if o.Status == "confirmed" && a.voided > 0 {
		v.fail("M4", "order %s is confirmed, and its hold was given back", o.ID)
	}
	if held != 0 {
		v.fail("M4", "order %s is %s, and %d is still held", o.ID, o.Status, held)
	}
}

// checkLedger: M5, the ledger equals the provider's log, effect by effect.
func (b *books) checkLedger(v *Verdict) {
	type effect struct{ order, kind, refund string }
	at, booked := map[effect]Money{}, map[effect]Money{}
	for _, line := range b.log {
		if line.Happened() {
			e := effect{line.subject(), line.Operation, ""}
			if line.Operation == "refund" {
				e.refund = line.Metadata["refund_id"]
			}
			at[e] = line.money()
		}
	}
	for _, l := range b.ledger {
		e := effect{l.Order, l.Kind, l.Refund}
		if _, twice := booked[e]; twice || l.Transactions != 1 {
			v.fail("M5", "the ledger has more than one %s of order %s", l.Kind, l.Order)
		}
		booked[e] = Money{Amount: l.Amount, Currency: l.Currency}
		if at[e] != booked[e] {
			v.fail("M5", "order %s: the ledger has %s %v %s, the provider's log %v", l.Order, l.Kind, booked[e], l.Refund, at[e])
		}
	}
	for e, money := range at {
		if _, ok := booked[e]; !ok {
			v.fail("M5", "order %s: the provider's %s of %v %s is not in the ledger", e.order, e.kind, money, e.refund)
		}
	}
}
