package checker

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// rule is an invariant of one service's database: its query finds what breaks it.
type rule struct {
	service, invariant string
	holds              moment
	says, broken       string
}

// moment is when an invariant holds.
type moment int

const (
	always  moment = iota // seen from any one snapshot
	finally               // at rest
)

func rules() []rule {
	return []rule{
		{"inventory", "S1", always, "units are neither made nor lost", `
		SELECT product_id::text, on_hand, reserved FROM stock s
		WHERE on_hand < 0 OR reserved < 0 OR reserved > on_hand OR on_hand <> (
			(SELECT coalesce(sum(difference), 0) FROM adjustments a WHERE a.product_id = s.product_id) -
			(SELECT coalesce(sum(l.quantity), 0) FROM reservation_lines l JOIN reservations r USING (order_id)
			 WHERE l.product_id = s.product_id AND r.state = 'sold') +
			(SELECT coalesce(sum(l.quantity), 0) FROM return_lines l WHERE l.product_id = s.product_id))`},
		{"inventory", "S2", always, "counters are the sums of the rows", `
		SELECT product_id::text, reserved FROM stock s WHERE reserved <>
			(SELECT coalesce(sum(l.quantity), 0) FROM reservation_lines l JOIN reservations r USING (order_id)
			 WHERE l.product_id = s.product_id AND r.state = 'reserved')`},
		{"inventory", "S2", always, "what came back of a line is the sum of its returns", `
		SELECT order_id::text, product_id::text, returned, quantity FROM reservation_lines l JOIN reservations r USING (order_id)
		WHERE returned > quantity OR (returned > 0 AND r.state <> 'sold') OR returned <>
			(SELECT coalesce(sum(x.quantity), 0) FROM return_lines x WHERE (x.order_id, x.product_id) = (l.order_id, l.product_id))`},
		{"payment", "M5", always, "each transaction sums to zero in each currency", `
		SELECT t.id, e.currency, sum(e.amount) FROM ledger_transactions t LEFT JOIN ledger_entries e ON e.transaction_id = t.id
		GROUP BY t.id, e.currency HAVING sum(e.amount) IS DISTINCT FROM 0`},
		{"payment", "M5", finally, "nothing stays held in the ledger", `
		SELECT t.order_id::text, e.currency, sum(e.amount) FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
		WHERE e.account = 'authorized' GROUP BY t.order_id, e.currency HAVING sum(e.amount) <> 0`},
		{"payment", "M5", always, "the ledger's accounts are what the payments say", `
		SELECT p.order_id::text, p.captured, p.refunded FROM payments p WHERE p.captured - p.refunded <>
			(SELECT coalesce(sum(e.amount), 0) FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
			 WHERE t.order_id = p.order_id AND e.account = 'captured')`},
		{"payment", "M2", always, "no payment was refunded beyond its capture", `
		SELECT p.order_id::text, p.captured, sum(r.amount) FROM payments p JOIN payment_refunds r USING (order_id)
		WHERE r.status <> 'failed' GROUP BY p.id HAVING sum(r.amount) > p.captured`},
		{"order", "G3", always, "an order's versions have no gap", `
		SELECT id::text FROM orders o WHERE (SELECT array_agg(version ORDER BY version) FROM outbox WHERE aggregate_id = o.id)
			IS DISTINCT FROM (SELECT array_agg(v) FROM generate_series(1, o.version) v)`},
		{"order", "G3", always, "a refund's versions have no gap", `
		SELECT id::text FROM order_refunds r WHERE request_hash IS NOT NULL AND
			(SELECT array_agg(version ORDER BY version) FROM outbox WHERE aggregate_id = r.id)
			IS DISTINCT FROM (SELECT array_agg(v) FROM generate_series(1, r.version) v)`},
		{"order", "M1", always, "what was refunded of an order is the sum of its refunds", `
		SELECT id::text, refunded_amount FROM orders o WHERE refunded_amount <>
			(SELECT coalesce(sum(amount), 0) FROM order_refunds r WHERE r.order_id = o.id AND r.status <> 'refused')`},
		{"order", "G4", finally, "nothing is left undecided", undecided},
		{"payment", "G4", finally, "no payment of its own is left undecided", unpaid},
	}
}

// Always judges the invariants that one statement can see broken at any moment:
// also while sagas run, and beside faults. The error is of the judging itself.
func (p Platform) Always(ctx context.Context) (broken []string, err error) {
	v := &Verdict{}
	for _, r := range rules() {
		if r.holds == always {
			err = errors.Join(err, r.check(ctx, p, v))
		}
	}
	return v.Broken, err
}

func (r rule) check(ctx context.Context, p Platform, v *Verdict) error {
	found, err := query(ctx, p, r.service, r.broken, pgx.RowToMap)
	if len(found) > 0 {
		v.fail(r.invariant, "%s: %d rows, such as %v", r.says, len(found), found[0])
	}
	return err
}

// checkAppendOnly: M5, the database itself refuses to change what is booked.
func (p Platform) checkAppendOnly(ctx context.Context, v *Verdict) error {
	for _, statement := range []string{
		"UPDATE ledger_entries SET amount = amount WHERE false", "DELETE FROM ledger_entries WHERE false",
		"UPDATE ledger_transactions SET kind = kind WHERE false", "DELETE FROM ledger_transactions WHERE false",
	} {
		_, err := query(ctx, p, "payment", statement, pgx.RowToMap)
		var refused *pgconn.PgError
		switch {
		case err == nil:
			v.fail("M5", "the ledger allows %s", statement)
		case !errors.As(err, &refused):
			return err
		}
	}
	return nil
}

// checkPayloads: C2, what the outboxes tell is not secret.
func (p Platform) checkPayloads(ctx context.Context, v *Verdict) error {
	leak := newLeaks(p.Secrets)
	for _, service := range outboxes() {
		err := each(ctx, p, service, `SELECT payload::text FROM outbox`, pgx.RowTo[string], func(payload string) {
			for _, hit := range leak.find([]byte(payload)) {
				v.fail("C2", "the outbox of %s holds %s", service, hit)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}
