package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack"
)

// restTimeout is how long the work that was begun may take to come to rest.
const restTimeout = 2 * time.Minute

// rule is an invariant of one service's database: its query finds what breaks it.
type rule struct{ service, name, broken string }

const undecided = `SELECT id::text, status, saga_state FROM orders
	WHERE status IN ('pending', 'awaiting_payment') OR saga_state NOT IN ('completed', 'compensated')`

var rules = []rule{
	{"inventory", "S1 (units are neither made nor lost)", `
		SELECT product_id::text, on_hand, reserved FROM stock s
		WHERE on_hand < 0 OR reserved < 0 OR reserved > on_hand OR on_hand <> (
			(SELECT coalesce(sum(difference), 0) FROM adjustments a WHERE a.product_id = s.product_id) -
			(SELECT coalesce(sum(l.quantity), 0) FROM reservation_lines l JOIN reservations r USING (order_id)
			 WHERE l.product_id = s.product_id AND r.state = 'sold'))`},
	{"inventory", "S2 (counters are the sums of the rows)", `
		SELECT product_id::text, reserved FROM stock s WHERE reserved <>
			(SELECT coalesce(sum(l.quantity), 0) FROM reservation_lines l JOIN reservations r USING (order_id)
			 WHERE l.product_id = s.product_id AND r.state = 'reserved')`},
	{"payment", "M5 (each transaction sums to zero in each currency)", `
		SELECT t.id, e.currency, sum(e.amount) FROM ledger_transactions t LEFT JOIN ledger_entries e ON e.transaction_id = t.id
		GROUP BY t.id, e.currency HAVING sum(e.amount) IS DISTINCT FROM 0`},
	{"payment", "M5 (nothing stays held in the ledger)", `
		SELECT t.order_id::text, e.currency, sum(e.amount) FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
		WHERE e.account = 'authorized' GROUP BY t.order_id, e.currency HAVING sum(e.amount) <> 0`},
	{"order", "G3 (versions have no gap)", `
		SELECT id::text FROM orders o WHERE (SELECT array_agg(version ORDER BY version) FROM outbox WHERE aggregate_id = o.id)
			IS DISTINCT FROM (SELECT array_agg(v) FROM generate_series(1, o.version) v)`},
	{"order", "G4 (nothing is left undecided)", undecided},
}

// check judges a platform once its work has come to rest: money, stock and
// orders, each by its own database, and all of them against the provider's log
// and the workflows. The error tells everything that is broken.
func check(ctx context.Context, s *stack.Stack) error {
	ctx, cancel := context.WithTimeout(ctx, restTimeout)
	defer cancel()
	if err := rest(ctx, s); err != nil {
		return err
	}
	orders, err := readEndings(ctx, s)
	if err != nil {
		return err
	}
	broken := checkSagas(ctx, s, orders) // waits for each to end: before what they leave behind
	for _, r := range rules {
		broken = errors.Join(broken, r.check(ctx, s))
	}
	return errors.Join(broken, checkMoney(ctx, s, orders), checkStock(ctx, s, orders))
}

// requireInvariants waits until a platform is at rest, and judges it.
func requireInvariants(t *testing.T, s *stack.Stack) {
	t.Helper()
	require.NoError(t, check(context.Background(), s))
}

// rest waits until no order is undecided.
func rest(ctx context.Context, s *stack.Stack) error {
	for {
		open, err := query(ctx, s, "order", undecided, pgx.RowToMap)
		if err == nil && len(open) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("G4: still undecided after %s: %v: %w", restTimeout, open, errors.Join(err, ctx.Err()))
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (r rule) check(ctx context.Context, s *stack.Stack) error {
	found, err := query(ctx, s, r.service, r.broken, pgx.RowToMap)
	if err == nil && len(found) > 0 {
		err = fmt.Errorf("%d rows, such as %v", len(found), found[0])
	}
	if err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	return nil
}
