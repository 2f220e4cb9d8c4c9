package workflows

import (
	"slices"
	"time"

	"github.com/skaldhq/skald/services/order"
)

// Verdict is what a comparison comes to. The zero value: all agrees.
type Verdict struct {
	// Later: something is in flight, so nothing can be said yet.
	Later bool `json:"later,omitempty"`
	// Again: the order's saga mends it by running again.
	Again bool `json:"again,omitempty"`
	// Kinds is what does not agree and nobody but an operator may mend.
	Kinds []order.DiscrepancyKind `json:"kinds,omitempty"`
}

// Sound reports whether all agrees.
func (v Verdict) Sound() bool { return !v.Later && !v.Again && len(v.Kinds) == 0 }

// Judge compares what the services say of an order. A saga that runs, parked
// ones included, is no discrepancy; neither is what changed within the grace.
//
// Running the order's saga again mends every order that is not decided, every
// one that ended badly, and a confirmed one where it only goes forward. It is
// done once: where it came to its end and did not help, an operator has to look.
// An order of which an operator decided how it stands is never run again.
func Judge(f Facts, grace time.Duration) Verdict {
	switch {
	case f.Run.State == RunRunning:
		return Verdict{Later: true}
	case f.Order == nil:
		return Verdict{Kinds: orphans(f)}
	case f.Order.Idle < grace, f.ended() && f.Run.Closed < grace:
		return Verdict{Later: true}
	}
	kinds := broken(f)
	switch {
	case len(kinds) == 0 && (f.Run.State != RunCut || f.decided()):
		return Verdict{}
	case f.decided(), f.Run.State == RunCompleted && f.Run.Again, !mendable(f, kinds):
		return Verdict{Kinds: kinds}
	default:
		return Verdict{Again: true}
	}
}

func (f Facts) ended() bool { return f.Run.State == RunCut || f.Run.State == RunCompleted }

// decided tells that an operator took a step of the order's saga for done, or
// accepted what does not agree: another run would undo that.
func (f Facts) decided() bool { return f.Order.Skipped || f.Order.Accepted }

// orphans is what there is of an order that nobody knows.
func orphans(f Facts) (kinds []order.DiscrepancyKind) {
	if f.holding() || f.kept() > 0 {
		kinds = append(kinds, order.PaymentWithoutOrder)
	}
	if f.held() || (f.sold() && f.Stock.Sold > 0) {
		kinds = append(kinds, order.StockWithoutOrder)
	}
	return kinds
}

// broken is what does not agree about an order that there is, whoever may mend
// it.
func broken(f Facts) (kinds []order.DiscrepancyKind) {
	o := f.Order
	if !o.Settled() {
		kinds = append(kinds, order.OrderOpen)
	}
	if !o.Status.Decided() { // anything may be held
		return kinds
	}
	confirmed := o.Status == order.Confirmed
	switch {
	case o.Refunding: // on its way back
	case f.kept() < o.Owed:
		kinds = append(kinds, order.MoneyMissing)
	case f.kept() > o.Owed, f.holding():
		kinds = append(kinds, order.MoneyKept)
	}
	switch {
	case confirmed && !f.sold(), o.Status == order.Refunded && f.held():
		kinds = append(kinds, order.StockMissing)
	case !confirmed && o.Status != order.Refunded && (f.held() || (f.sold() && f.Stock.Sold > 0)):
		kinds = append(kinds, order.StockKept)
	}
	return kinds
}

// mendable reports whether the order's saga sets right all that is broken by
// running again: see placement.entry.
func mendable(f Facts, kinds []order.DiscrepancyKind) bool {
	if o := f.Order; o.Status != order.Confirmed && o.Status != order.Refunded {
		return true // it is placed, or turned back for good
	}
	return !slices.ContainsFunc(kinds, func(kind order.DiscrepancyKind) bool {
		switch kind {
		case order.OrderOpen:
			return false
		case order.MoneyMissing: // it can only be taken where it is held
			return !f.holding() || f.Payment.Undone
		case order.StockMissing: // it can only be sold where it was reserved
			return !f.held()
		default:
			return true
		}
	})
}
