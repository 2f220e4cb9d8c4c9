package rerun_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/user"
	"github.com/skaldhq/skald/workflows"
)

// scenario is a way that the saga of an order goes by itself.
type scenario struct {
	name, method string
	quantity     int64
	unknown      bool // nobody knows the customer
	during       func(*testsuite.TestWorkflowEnvironment)
	// change makes another sequence of the calls that were recorded, such as
	// steps that ran in parallel the other way round.
	change func(t *testing.T, o order.Order, calls []call) []call
	ends   order.Status
}

func scenarios() []scenario {
	cancel := func(env *testsuite.TestWorkflowEnvironment) {
		env.RegisterDelayedCallback(env.CancelWorkflow, 10*time.Second)
	}
	return []scenario{
		{name: "confirmed", method: "pm_card_visa", quantity: 2, ends: order.Confirmed},
		{name: "confirmed, the order first", method: "pm_card_visa", quantity: 2, ends: order.Confirmed, change: orderFirst},
		{name: "declined", method: "pm_card_chargeDeclined", quantity: 2, ends: order.Rejected},
		{name: "insufficient stock", method: "pm_card_visa", quantity: units + 1, ends: order.Rejected},
		{name: "nobody's order", method: "pm_card_visa", quantity: 2, unknown: true, ends: order.Rejected},
		{name: "the customer never acts", method: "pm_card_authenticationRequired", quantity: 2, ends: order.Rejected},
		{name: "cancelled", method: "pm_card_authenticationRequired", quantity: 2, during: cancel, ends: order.Cancelled},
		{name: "reversed by an operator", method: "pm_card_visa", quantity: 2, change: reversed, ends: order.Failed},
		{name: "reversed after it was confirmed", method: "pm_card_visa", quantity: 2, change: reversedLate, ends: order.Refunded},
	}
}

// changes are what may happen between a run and the next.
func changes(b *bench) map[string]func(t *testing.T, o order.Order, customer user.PutRequest) {
	return map[string]func(t *testing.T, o order.Order, customer user.PutRequest){
		"nothing": func(*testing.T, order.Order, user.PutRequest) {},
		"the customer is suspended": func(t *testing.T, _ order.Order, customer user.PutRequest) {
			if _, err := b.users.Get(t.Context(), customer.ID); err == nil {
				customer.Status = user.Suspended
				_, err := b.users.Update(t.Context(), customer, 1)
				require.NoError(t, err)
			}
		},
		"the reservation expires": func(t *testing.T, o order.Order, _ user.PutRequest) {
			id, err := order.IDPrefix.Parse(o.ID)
			require.NoError(t, err)
			_, err = b.inventory.Exec(t.Context(), "UPDATE reservations SET expires_at = now() - interval '1 hour' WHERE order_id = $1 AND request_hash IS NOT NULL", id)
			require.NoError(t, err)
			_, err = b.stock.ExpireReservations(t.Context(), 100)
			require.NoError(t, err)
		},
		"the customer wants out": func(t *testing.T, o order.Order, _ user.PutRequest) {
			_, err := b.orders.RequestCancellation(t.Context(), o.ID, "")
			require.NoError(t, err)
		},
		"the price is withdrawn": func(t *testing.T, o order.Order, _ user.PutRequest) {
			require.NoError(t, b.prices.Delete(t.Context(), o.Items[0].ProductID))
		},
	}
}

// TestRunAgain: wherever the saga of an order was cut, and whatever changed
// since, a second run brings order, money and stock to agree.
func TestRunAgain(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			past := time.Now().Add(-24 * time.Hour)
			first, _ := b.place(t, s)
			calls := b.run(t, first, false, past, s.during)
			if s.change != nil {
				calls = s.change(t, first, calls)
			}
			require.Greater(t, len(calls), 3)
			cases := 0
			for change, apply := range changes(b) {
				for cut := range len(calls) + 1 {
					o, customer := b.place(t, s)
					done := b.replay(t, first, o, calls[:cut])
					apply(t, o, customer)
					before := b.standing(t, o)
					again := b.run(t, o, true, time.Now(), nil)
					b.judge(t, s, o, before, fmt.Sprintf("%s, then %s, then %s", strings.Join(done, " "), change, names(again)), change)
					cases++
				}
			}
			t.Logf("%d cases: cut after each of %s", cases, names(calls))
		})
	}
}

// replay does for another order what was recorded of the first one, and names it.
func (b *bench) replay(t *testing.T, first, o order.Order, calls []call) (done []string) {
	t.Helper()
	was, err := order.ReversalID(first.ID)
	require.NoError(t, err)
	is, err := order.ReversalID(o.ID)
	require.NoError(t, err)
	swaps := []string{first.ID, o.ID, first.UserID, o.UserID, first.Items[0].ProductID, o.Items[0].ProductID, was, is}
	for _, c := range calls {
		arg := strings.NewReplacer(swaps...).Replace(string(c.arg))
		answer := b.do(t, call{name: c.name, arg: []byte(arg)})
		if c.name == "AuthorizePayment" {
			var result payment.Result
			require.NoError(t, json.Unmarshal(answer, &result))
			old := b.payment(t, first.ID)
			if result.ID != "" && old != "" {
				swaps = append(swaps, old, result.ID)
			}
		}
		done = append(done, c.name)
	}
	return done
}

func (b *bench) payment(t *testing.T, orderID string) string {
	t.Helper()
	page, err := b.payments.List(t.Context(), payment.Filter{OrderID: orderID, Limit: 1})
	require.NoError(t, err)
	if len(page.Items) == 0 {
		return ""
	}
	return page.Items[0].ID
}

// standing is what the services say of an order.
func (b *bench) standing(t *testing.T, o order.Order) workflows.Facts {
	t.Helper()
	f := workflows.Facts{OrderID: o.ID, Run: workflows.RunFacts{State: workflows.RunCompleted, Closed: time.Hour}}
	orders, err := b.orders.Standings(t.Context(), []string{o.ID})
	require.NoError(t, err)
	require.Len(t, orders, 1)
	f.Order = &orders[0]
	f.Order.Idle = time.Hour // as if it had been left alone
	payments, err := b.payments.Standings(t.Context(), []string{o.ID})
	require.NoError(t, err)
	if len(payments) > 0 {
		f.Payment = &payments[0]
	}
	stock, err := b.stock.Standings(t.Context(), []string{o.ID})
	require.NoError(t, err)
	if len(stock) > 0 {
		f.Stock = &stock[0]
	}
	return f
}

// judge requires that all agrees, and that the end is one that may follow what
// was done before.
func (b *bench) judge(t *testing.T, s scenario, o order.Order, before workflows.Facts, said, change string) {
	t.Helper()
	after := b.standing(t, o)
	said = fmt.Sprintf("%s: %s; before: %s; after: %s", s.name, said, before, after)
	require.True(t, workflows.Judge(after, time.Second).Sound(), said)
	status := after.Order.Status
	require.True(t, after.Order.Settled(), said)
	kept := before.Payment != nil && before.Payment.Kept > 0
	undone := (before.Payment != nil && (before.Payment.Undone || before.Payment.Status == payment.Refunded)) || (before.Stock != nil && before.Stock.State == "released" && !before.Stock.Expired)
	switch {
	case before.Order.Reversed:
		require.Equal(t, s.ends, status, "what an operator decided is not forgotten: %s", said)
	case before.Order.Status.Decided():
		require.Equal(t, before.Order.Status, status, "what ended stays: %s", said)
	case kept && !undone:
		require.Equal(t, order.Confirmed, status, "from the pivot on only forward: %s", said)
	case undone:
		require.NotEqual(t, order.Confirmed, status, "what was undone stays: %s", said)
	case s.ends == order.Rejected:
		require.NotEqual(t, order.Confirmed, status, said)
	case change == "the customer is suspended":
		require.Equal(t, order.Rejected, status, said)
	case change == "the customer wants out":
		require.Equal(t, order.Cancelled, status, said)
	case change == "nothing" && s.ends == order.Confirmed:
		require.Equal(t, order.Confirmed, status, said)
	}
	done := b.effects(t, o.ID)
	for i, effect := range done {
		require.NotContains(t, done[:i], effect, "twice: %s", said)
	}
	require.False(t, slices.Contains(done, "void") && slices.Contains(done, "capture"), said)
	read, err := b.orders.Get(t.Context(), o.ID)
	require.NoError(t, err)
	if len(done) > 0 {
		require.NotNil(t, read.Total, "money moved at a price that the order keeps: %s", said)
	}
	if status != order.Confirmed && status != order.Refunded {
		require.NotNil(t, read.Failure, said)
		require.NotEmpty(t, read.Failure.Code, said)
	}
	count, err := b.stock.Get(t.Context(), o.Items[0].ProductID)
	require.NoError(t, err)
	left := int64(units)
	if status == order.Confirmed {
		left -= s.quantity
	}
	require.Equal(t, []int64{left, 0}, []int64{count.OnHand, count.Reserved}, said)
}

func names(calls []call) string {
	all := make([]string, len(calls))
	for i, c := range calls {
		all[i] = c.name
	}
	return strings.Join(all, " ")
}

// orderFirst has the order confirmed before its units are sold: they run in
// parallel.
func orderFirst(t *testing.T, _ order.Order, calls []call) []call {
	t.Helper()
	sold := slices.IndexFunc(calls, func(c call) bool { return c.name == "CommitStock" })
	confirmed := slices.IndexFunc(calls, func(c call) bool {
		return c.name == "TransitionOrder" && bytes.Contains(c.arg, []byte(`"confirmed"`))
	})
	calls = slices.Clone(calls)
	if sold < confirmed {
		calls[sold], calls[confirmed] = calls[confirmed], calls[sold]
		return calls
	}
	return append(calls[:confirmed:confirmed], append([]call{calls[sold]}, calls[confirmed:sold]...)...)
}
