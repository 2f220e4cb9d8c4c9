package checker

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// payment is a payment of its own, as the payment service tells it.
type payment struct {
	ID, User, Status, Code string
	Amount                 Money
}

// unpaid are the payments of their own, and the refunds of such, that have not come
// to their end.
const unpaid = `SELECT 'payment/' || pg_temp.public_id('pay', id) AS run, status, 'running' AS saga_state FROM payments
	WHERE own AND amount IS NOT NULL AND failure_code IS NULL AND (barred OR status NOT IN ('captured', 'refunded'))
	UNION ALL SELECT 'payment-refund/' || pg_temp.public_id('rfd', r.id), r.status, ''
	FROM payment_refunds r JOIN payments p USING (order_id) WHERE p.own AND r.status = 'requested' AND r.caller <> ''`

// readPayments reads the payments of their own, and which of their refunds somebody
// asked for that were not refused at once: those have a saga.
func (b *books) readPayments(ctx context.Context, p Platform) error {
	return errors.Join(
		each(ctx, p, "payment", `SELECT pg_temp.public_id('pay', id), coalesce(pg_temp.public_id('usr', user_id), ''), status, coalesce(failure_code, ''),
				coalesce(amount, 0), coalesce(currency, '') FROM payments WHERE own`,
			func(row pgx.CollectableRow) (one payment, err error) {
				return one, row.Scan(&one.ID, &one.User, &one.Status, &one.Code, &one.Amount.Amount, &one.Amount.Currency)
			}, func(one payment) { b.payments[one.ID] = one }),
		each(ctx, p, "payment", `SELECT pg_temp.public_id('rfd', r.id) FROM payment_refunds r JOIN payments p USING (order_id)
			WHERE p.own AND r.caller <> '' AND r.refusal_code IS DISTINCT FROM 'refund_too_much'`,
			pgx.RowTo[string], func(id string) { b.givingBack[id] = true }),
	)
}

// subject is whose money a line of the provider's log is about: an order's, or a
// payment's own.
func (l Line) subject() string { return cmp.Or(l.Metadata["order_id"], l.Metadata["payment_id"]) }

// subjects are the orders, and the payments of their own as if each were an order:
// what holds of the money of one holds of the other's.
func (b *books) subjects() map[string]order {
	all := map[string]order{}
	for id, o := range b.orders {
		all[id] = o
	}
	for id, p := range b.payments {
		status, known := map[string]string{"captured": "confirmed", "refunded": "refunded"}[p.Status]
		if !known {
			status = "failed"
		}
		all[id] = order{ID: id, User: p.User, Status: status, Total: p.Amount}
	}
	return all
}

// paymentRuns names the sagas of the payments of their own, and of their refunds.
func (b *books) paymentRuns() (ids []string) {
	for id, p := range b.payments {
		if p.User != "" { // else a tombstone, which nobody asked for
			ids = append(ids, "payment/"+id)
		}
	}
	for id := range b.givingBack {
		ids = append(ids, "payment-refund/"+id)
	}
	return ids
}

// checkSaga: G7, the payment is what its saga says; G5 and G6, what was held was
// taken, or given back.
func (p payment) checkSaga(h History, b *books, v *Verdict) {
	result := func(status string) string { return fmt.Sprintf(`{"payment_id":%q,"status":%q}`, p.ID, status) }
	if !h.says(result(p.Status)) && (p.Status != "refunded" || !h.says(result("captured"))) { // a refund came later
		v.fail("G7", "payment %s is %s, and its saga's result %s", p.ID, p.Status, h.result)
	}
	taken := p.Status == "captured" || (p.Status == "refunded" && p.Code == "")
	if taken != (p.Code == "") {
		v.fail("G7", "payment %s is %s, with the failure %q", p.ID, p.Status, p.Code)
	}
	if got := h.attributes["UserId"]; got != p.User {
		v.fail("G7", "payment %s is of %s, and its workflow of %s", p.ID, p.User, got)
	}
	if b.turnedBack(h.WorkflowID) || b.rerun[h.WorkflowID] { // the newest run alone does not tell
		return
	}
	did := map[string]bool{}
	for _, s := range h.Steps {
		did[s.Activity] = did[s.Activity] || s.Done
		if s.Activity == "VoidPayment" && taken {
			v.fail("G6", "payment %s was taken, and its saga turned back", p.ID)
		}
		if s.Activity == "AuthorizePayment" {
			did["hold"] = true
		}
	}
	if !taken && did["hold"] && !did["VoidPayment"] {
		v.fail("G5", "payment %s: its hold was not given back", p.ID)
	}
	if taken != did["CapturePayment"] {
		v.fail("G6", "payment %s is %s, and its saga captured: %v", p.ID, p.Status, did["CapturePayment"])
	}
}
