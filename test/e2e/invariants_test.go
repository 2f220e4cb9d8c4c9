package e2e_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack"
)

// wrong requires that a query finds no rows: each is something wrong.
func wrong(t *testing.T, s *stack.Stack, service, rule, query string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), s.Databases[service])
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	rows, err := conn.Query(context.Background(), query)
	require.NoError(t, err)
	found, err := pgx.CollectRows(rows, pgx.RowToMap)
	require.NoError(t, err)
	require.Empty(t, found, "%s is broken", rule)
}

// requireInvariants judges a platform at rest: money, stock and orders, each by
// its own database, and all of them against the provider's log.
func requireInvariants(t *testing.T, s *stack.Stack) {
	t.Helper()
	wrong(t, s, "inventory", "S1 (counters add up)", `
		SELECT product_id, on_hand, reserved FROM stock s
		WHERE on_hand < 0 OR reserved < 0 OR reserved > on_hand OR on_hand <> (
			(SELECT coalesce(sum(difference), 0) FROM adjustments a WHERE a.product_id = s.product_id) -
			(SELECT coalesce(sum(l.quantity), 0) FROM reservation_lines l JOIN reservations r USING (order_id)
			 WHERE l.product_id = s.product_id AND r.state = 'sold'))`)
	wrong(t, s, "inventory", "S2 (counters are the sums of the rows)", `
		SELECT product_id, reserved FROM stock s WHERE reserved <>
			(SELECT coalesce(sum(l.quantity), 0) FROM reservation_lines l JOIN reservations r USING (order_id)
			 WHERE l.product_id = s.product_id AND r.state = 'reserved')`)
	wrong(t, s, "payment", "M5 (the ledger is balanced)", `
		SELECT transaction_id FROM ledger_entries GROUP BY transaction_id, currency HAVING sum(amount) <> 0`)
	wrong(t, s, "order", "G3 (versions have no gap)", `
		SELECT id FROM orders o WHERE (SELECT array_agg(version ORDER BY version) FROM outbox WHERE aggregate_id = o.id)
			IS DISTINCT FROM (SELECT array_agg(v) FROM generate_series(1, o.version) v)`)
	wrong(t, s, "order", "G4 (nothing is left undecided)", `
		SELECT id, status, saga_state FROM orders
		WHERE status IN ('pending', 'awaiting_payment') OR saga_state NOT IN ('completed', 'compensated')`)
	requireMoney(t, s)
}

// ending is how an order ended, from each of the databases.
type ending struct {
	status      string
	total       int64
	reservation string
	booked      map[string]int64 // ledger: kind of transaction → amount
}

// requireMoney: M1 to M5 and S3, order by order.
func requireMoney(t *testing.T, s *stack.Stack) {
	t.Helper()
	orders := map[string]*ending{}
	each(t, s, "order", "SELECT id::text, status, coalesce(total_amount, 0) FROM orders", func(r pgx.Rows) error {
		var id string
		e := ending{booked: map[string]int64{}}
		err := r.Scan(&id, &e.status, &e.total)
		orders[id] = &e
		return err
	})
	each(t, s, "inventory", "SELECT order_id::text, state FROM reservations", func(r pgx.Rows) error {
		var id, state string
		err := r.Scan(&id, &state)
		require.Contains(t, orders, id, "a reservation of no order")
		orders[id].reservation = state
		return err
	})
	each(t, s, "payment", `SELECT order_id::text, kind, sum(amount)::bigint FROM ledger_transactions t
		JOIN ledger_entries e ON e.transaction_id = t.id WHERE amount > 0 GROUP BY 1, 2`, func(r pgx.Rows) error {
		var id, kind string
		var amount int64
		err := r.Scan(&id, &kind, &amount)
		require.Contains(t, orders, id, "a ledger transaction of no order")
		orders[id].booked[kind] = amount
		return err
	})
	ids := map[string]string{} // public id → id in the databases
	each(t, s, "payment", `SELECT order_id::text, provider_key FROM payment_operations`, func(r pgx.Rows) error {
		var id, key string
		err := r.Scan(&id, &key)
		ids[publicID(key)] = id
		return err
	})
	done := map[string]map[string]int64{}
	for _, e := range providerLog(t, s) {
		if e.Outcome != "succeeded" || e.Operation == "create" {
			continue
		}
		id := ids[e.Metadata["order_id"]]
		require.Contains(t, orders, id, "M3: a charge of no order")
		if done[id] == nil {
			done[id] = map[string]int64{}
		}
		require.Zero(t, done[id][e.Operation], "M2: a second %s of order %s", e.Operation, id)
		done[id][e.Operation] = e.Amount
	}
	for id, e := range orders {
		at := done[id]
		if at == nil {
			at = map[string]int64{}
		}
		require.Equal(t, at, e.booked, "M5: the ledger is not the provider's log of order %s (%s)", id, e.status)
		require.False(t, at["void"] > 0 && at["capture"] > 0, "M2: order %s was voided and captured", id)
		if e.status == "confirmed" {
			require.Equal(t, e.total, at["capture"]-at["refund"], "M1: order %s", id)
			require.Equal(t, "sold", e.reservation, "S3: order %s", id)
			continue
		}
		require.Zero(t, at["capture"]-at["refund"], "M1: order %s is %s", id, e.status)
		require.Equal(t, at["authorize"], at["void"]+at["refund"], "M4: order %s is %s", id, e.status)
		require.NotContains(t, []string{"reserved", "sold"}, e.reservation, "S3: order %s is %s", id, e.status)
	}
}

// publicID is the order's id in a provider key, which is <order id>:<operation>.
func publicID(key string) string {
	for i := range key {
		if key[i] == ':' {
			return key[:i]
		}
	}
	return key
}

func each(t *testing.T, s *stack.Stack, service, query string, fn func(pgx.Rows) error) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), s.Databases[service])
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	rows, err := conn.Query(context.Background(), query)
	require.NoError(t, err, fmt.Sprintf("%s: %s", service, query))
	defer rows.Close()
	for rows.Next() {
		require.NoError(t, fn(rows))
	}
	require.NoError(t, rows.Err())
}

func countInto(n *int) func(pgx.Rows) error {
	return func(pgx.Rows) error { *n++; return nil }
}
