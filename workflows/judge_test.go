package workflows_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/workflows"
)

const (
	grace = 30 * time.Second
	price = int64(1999)
)

// TestJudgeAll judges every combination of what the services and Temporal can
// say, against the invariants told once more in other words.
func TestJudgeAll(t *testing.T) {
	t.Parallel()
	tally := map[string]int{}
	impossible := map[string]int{}
	for _, f := range combinations() {
		if why := cannotBe(f); why != "" {
			impossible[why]++ // judged all the same: a database may be restored or be written to by hand
		}
		v := workflows.Judge(f, grace)
		said := fmt.Sprintf("%s, idle %v, closed %s, again %v: %+v", f, f.Order, f.Run.Closed, f.Run.Again, v)
		wrong := wrongs(f)
		switch {
		case f.Run.State == workflows.RunRunning, young(f):
			require.True(t, v.Later && !v.Again && v.Kinds == nil, said)
			tally["later"]++
		case len(wrong) == 0 && (f.Run.State != workflows.RunCut || f.Order == nil || f.Order.Skipped || f.Order.Accepted):
			require.True(t, v.Sound(), said)
			tally["sound"]++
		case f.Order == nil:
			require.Equal(t, workflows.Verdict{Kinds: wrong}, v, said)
			tally["recorded: no order"]++
		case helps(f) && !f.Order.Skipped && !f.Order.Accepted && (f.Run.State != workflows.RunCompleted || !f.Run.Again):
			require.Equal(t, workflows.Verdict{Again: true}, v, said)
			tally["again"]++
		default:
			require.Equal(t, workflows.Verdict{Kinds: wrong}, v, said)
			require.NotEmpty(t, v.Kinds, "nothing is silent: %s", said)
			tally["recorded"]++
		}
	}
	t.Logf("judged %v; of combinations that cannot happen %v", tally, impossible)
	require.Len(t, tally, 5)
	for _, why := range []string{"confirmed before its money was taken", "ended badly with its run gone on", "sold before it was paid"} {
		require.Positive(t, impossible[why], why)
	}
}

// combinations are all that can be said, of an order of one price.
func combinations() (all []workflows.Facts) {
	var orders []*order.Standing
	for _, status := range []order.Status{"", order.Pending, order.AwaitingPayment, order.Confirmed, order.Rejected, order.Cancelled, order.Failed, order.Refunded} {
		if status == "" {
			orders = append(orders, nil)
			continue
		}
		for _, state := range []order.SagaState{order.SagaRunning, order.SagaWaiting, order.SagaCompensating, order.SagaParked, order.SagaCompleted, order.SagaCompensated} {
			for _, idle := range []time.Duration{0, grace} {
				for _, refunding := range []bool{false, true} {
					o := &order.Standing{Status: status, SagaState: state, Idle: idle, Refunding: refunding && status == order.Confirmed}
					if status == order.Confirmed {
						o.Owed = price
					}
					if refunding && status != order.Confirmed {
						continue
					}
					orders = append(orders, o)
					skipped, accepted := *o, *o // by an operator
					skipped.Skipped, accepted.Accepted = true, true
					orders = append(orders, &skipped, &accepted)
				}
			}
		}
	}
	payments := []*payment.Standing{nil}
	for _, p := range []payment.Standing{
		{Status: payment.Initiated}, {Status: payment.RequiresAction}, {Status: payment.Authorized}, {Status: payment.Authorized, Undone: true},
		{Status: payment.Captured, Kept: price}, {Status: payment.Captured, Kept: price - 1}, {Status: payment.Captured, Kept: price + 1},
		{Status: payment.Refunded}, {Status: payment.Voided, Undone: true}, {Status: payment.Declined},
	} {
		payments = append(payments, &p)
	}
	reservations := []*inventory.Standing{nil}
	for _, r := range []inventory.Standing{
		{State: inventory.Reserved}, {State: inventory.Sold, Sold: 2}, {State: inventory.Sold}, {State: inventory.Released},
		{State: inventory.Released, Expired: true}, {State: inventory.Rejected},
	} {
		reservations = append(reservations, &r)
	}
	runs := []workflows.RunFacts{{State: workflows.RunNone}, {State: workflows.RunRunning}}
	for _, state := range []workflows.RunState{workflows.RunCompleted, workflows.RunCut} {
		for _, again := range []bool{false, true} {
			for _, closed := range []time.Duration{0, grace} {
				runs = append(runs, workflows.RunFacts{State: state, Again: again, Closed: closed})
			}
		}
	}
	for _, o := range orders {
		for _, p := range payments {
			for _, r := range reservations {
				for _, run := range runs {
					all = append(all, workflows.Facts{OrderID: "ord_1", Order: o, Payment: p, Stock: r, Run: run})
				}
			}
		}
	}
	return all
}

func young(f workflows.Facts) bool {
	if f.Order == nil {
		return false
	}
	ended := f.Run.State == workflows.RunCompleted || f.Run.State == workflows.RunCut
	return f.Order.Idle < grace || (ended && f.Run.Closed < grace)
}

// badly are the statuses of an order that gave nothing.
var badly = []order.Status{order.Rejected, order.Cancelled, order.Failed}

// wrongs are the invariants that do not hold: M1, M4 and S3 of an order that is
// decided, G4 of any, and that there is an order at all.
func wrongs(f workflows.Facts) (kinds []order.DiscrepancyKind) {
	var money, owed int64
	uncertain := false
	if p := f.Payment; p != nil {
		money = p.Kept
		uncertain = slices.Contains([]payment.Status{payment.Initiated, payment.RequiresAction, payment.Authorized}, p.Status)
	}
	held := f.Stock != nil && (f.Stock.State == inventory.Reserved || f.Stock.Expired)
	bought := f.Stock != nil && f.Stock.Sold > 0
	if f.Order == nil {
		if money > 0 || uncertain {
			kinds = append(kinds, order.PaymentWithoutOrder)
		}
		if held || bought {
			kinds = append(kinds, order.StockWithoutOrder)
		}
		return kinds
	}
	final := f.Order.SagaState == order.SagaCompleted || f.Order.SagaState == order.SagaCompensated
	open := f.Order.Status == order.Pending || f.Order.Status == order.AwaitingPayment
	if open || !final {
		kinds = append(kinds, order.OrderOpen)
	}
	if open {
		return kinds
	}
	if f.Order.Status == order.Confirmed {
		owed = price
	}
	if !f.Order.Refunding {
		if money < owed {
			kinds = append(kinds, order.MoneyMissing)
		} else if money > owed || uncertain {
			kinds = append(kinds, order.MoneyKept)
		}
	}
	switch {
	case f.Order.Status == order.Confirmed && (f.Stock == nil || f.Stock.State != inventory.Sold), f.Order.Status == order.Refunded && held:
		kinds = append(kinds, order.StockMissing)
	case slices.Contains(badly, f.Order.Status) && (held || bought):
		kinds = append(kinds, order.StockKept)
	}
	return kinds
}

// helps tells whether the order's saga can set it right: of a confirmed order it
// only captures what is held, and sells what is reserved.
func helps(f workflows.Facts) bool {
	if f.Order.Status != order.Confirmed && f.Order.Status != order.Refunded {
		return true
	}
	for _, kind := range wrongs(f) {
		switch kind {
		case order.MoneyKept:
			return false
		case order.MoneyMissing:
			p := f.Payment
			if p == nil || p.Undone || !slices.Contains([]payment.Status{payment.Initiated, payment.RequiresAction, payment.Authorized}, p.Status) {
				return false
			}
		case order.StockMissing:
			if f.Stock == nil || (f.Stock.State != inventory.Reserved && !f.Stock.Expired) {
				return false
			}
		default:
		}
	}
	return true
}

// cannotBe tells why the platform by itself never comes to such facts; empty: it
// may.
func cannotBe(f workflows.Facts) string {
	taken := f.Payment != nil && (f.Payment.Status == payment.Captured || f.Payment.Status == payment.Refunded)
	sold := f.Stock != nil && f.Stock.State == inventory.Sold
	switch {
	case f.Order == nil:
		return "a payment, reservation or run of an order that was never claimed"
	case f.Order.Status == order.Confirmed && !taken:
		return "confirmed before its money was taken"
	case sold && !taken:
		return "sold before it was paid"
	case slices.Contains(badly, f.Order.Status) && f.Order.SagaState == order.SagaCompleted:
		return "ended badly with its run gone on"
	case f.Order.Status == order.Refunded && f.Payment != nil && f.Payment.Kept > 0:
		return "refunded before the money went back"
	case f.Payment != nil && f.Payment.Kept > price:
		return "more taken than the order costs"
	case f.Order.Status == order.AwaitingPayment && f.Payment == nil:
		return "the customer acts on no payment"
	}
	return ""
}
