package checker

import "slices"

// checkReservations: S3, a sold order's units are sold and no other's are kept.
func (b *books) checkReservations(v *Verdict) {
	states := map[string]string{}
	for _, r := range b.reservations {
		if _, ok := b.orders[r.Order]; !ok {
			v.fail("S3", "a reservation of %s, which is no order", r.Order)
		}
		if _, twice := states[r.Order]; twice {
			v.fail("S3", "two reservations of order %s", r.Order)
		}
		states[r.Order] = r.State
	}
	for id, o := range b.orders {
		sold := states[id] == "sold"
		if states[id] == "reserved" || (sold != o.bought() && !b.turnedBack("order/"+id)) {
			v.fail("S3", "order %s is %s, and its reservation %q", id, o.Status, states[id])
		}
	}
}

// turnedBack tells whether an operator turned a saga back, or skipped a step.
func (b *books) turnedBack(workflowID string) bool {
	return slices.ContainsFunc(b.decided[workflowID], func(action string) bool { return action == "compensate" || action == "skip" })
}

// next are the legal transitions of orders and refunds, by their events.
func next() map[string][]string {
	ends := []string{"order.confirmed", "order.rejected", "order.cancelled", "order.failed"}
	return map[string][]string{
		"":                       {"order.created", "refund.requested", "refund.refused"},
		"order.created":          append([]string{"order.awaiting_payment"}, ends...),
		"order.awaiting_payment": ends,
		"order.confirmed":        {"order.refunded"},
		"refund.requested":       {"refund.done", "refund.refused"},
	}
}

// checkEvents: E1, each version has one event of a thing that exists; G3, the
// events tell legal transitions, and the last is how it stands.
func (b *books) checkEvents(v *Verdict) {
	legal, last := next(), map[string]event{}
	for _, e := range b.events { // by aggregate and version
		before := last[e.Aggregate]
		if e.Version == before.Version {
			v.fail("E1", "%s has two events of version %d", e.Aggregate, e.Version)
		}
		if !slices.Contains(legal[before.Type], e.Type) {
			v.fail("G3", "%s went from %q to %q", e.Aggregate, before.Type, e.Type)
		}
		last[e.Aggregate] = e
	}
	stands := func(kind, id, status string) {
		if got := last[id].Type; got != kind+"."+status && (got != "order.created" || status != "pending") {
			v.fail("E1", "%s is %s, and its last event %q", id, status, got)
		}
		delete(last, id)
	}
	for id, o := range b.orders {
		stands("order", id, o.Status)
	}
	for id, r := range b.refunds {
		if _, ok := last[id]; ok || r.Status != "refused" { // a tombstone has no event
			stands("refund", id, r.Status)
		}
	}
	for id := range last {
		v.fail("E1", "events of %s, which does not exist", id)
	}
}
