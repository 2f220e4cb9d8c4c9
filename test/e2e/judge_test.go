package e2e_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// TestJudge: what is broken is found. It spoils the platform that others share
// and repairs it, so it runs while none of them does.
func TestJudge(t *testing.T) {
	b := setup(t)
	product := b.product(1999, 10)
	o := b.place(b.order(product, 1, visa), http.StatusCreated).Order
	requireInvariants(t, b.stack)
	order, units := b.privateID(o.ID), b.privateID(product)
	for _, tc := range []struct {
		finds, service, spoil, repair, id string
	}{
		{"M1", "order", "UPDATE orders SET total_amount = total_amount + 1 WHERE id = $1", "UPDATE orders SET total_amount = total_amount - 1 WHERE id = $1", order},
		{"M3", "order", "UPDATE orders SET total_currency = 'USD' WHERE id = $1", "UPDATE orders SET total_currency = 'EUR' WHERE id = $1", order},
		{"M5", "payment", `WITH t AS (INSERT INTO ledger_transactions (payment_id, order_id, kind)
				SELECT id, order_id, 'void' FROM payments WHERE order_id = $1 RETURNING id)
			INSERT INTO ledger_entries (transaction_id, account, amount, currency)
				SELECT id, account, amount, 'EUR' FROM t, (VALUES ('captured', -1), ('customer', 1)) AS side (account, amount)`, "", order},
		{"S1", "inventory", "UPDATE stock SET on_hand = on_hand + 1 WHERE product_id = $1", "UPDATE stock SET on_hand = on_hand - 1 WHERE product_id = $1", units},
		{"S2", "inventory", "UPDATE stock SET reserved = reserved + 1 WHERE product_id = $1", "UPDATE stock SET reserved = reserved - 1 WHERE product_id = $1", units},
		{"S3", "inventory", "UPDATE reservations SET state = 'reserved' WHERE order_id = $1", "UPDATE reservations SET state = 'sold' WHERE order_id = $1", order},
		{"G3", "order", "UPDATE outbox SET version = version + 9 WHERE aggregate_id = $1", "UPDATE outbox SET version = version - 9 WHERE aggregate_id = $1", order},
		{"G4", "order", "UPDATE orders SET saga_state = 'parked' WHERE id = $1", "UPDATE orders SET saga_state = 'completed' WHERE id = $1", order},
		{"G7", "order", "UPDATE orders SET saga_state = 'compensated' WHERE id = $1", "UPDATE orders SET saga_state = 'completed' WHERE id = $1", order},
	} {
		b.change(tc.service, tc.spoil, tc.id)
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		err := check(ctx, b.stack)
		cancel()
		if tc.repair == "" {
			b.unbook(tc.id)
		} else {
			b.change(tc.service, tc.repair, tc.id)
		}
		require.ErrorContains(t, err, tc.finds)
	}
	requireInvariants(t, b.stack)
}

// change writes past the service.
func (b *bench) change(service, sql string, args ...any) {
	b.Helper()
	conn, err := pgx.Connect(context.Background(), b.stack.Databases[service])
	require.NoError(b, err)
	defer func() { _ = conn.Close(context.Background()) }()
	tag, err := conn.Exec(context.Background(), sql, args...)
	require.NoError(b, err)
	if len(args) > 0 {
		require.Positive(b, tag.RowsAffected())
	}
}

// unbook takes a void out of the ledger, which lets nobody do that.
func (b *bench) unbook(order string) {
	b.Helper()
	b.change("payment", `ALTER TABLE ledger_entries DISABLE TRIGGER USER; ALTER TABLE ledger_transactions DISABLE TRIGGER USER;
			DELETE FROM ledger_entries WHERE transaction_id IN (SELECT id FROM ledger_transactions WHERE kind = 'void' AND order_id = '`+order+`');
			DELETE FROM ledger_transactions WHERE kind = 'void' AND order_id = '`+order+`';
			ALTER TABLE ledger_entries ENABLE TRIGGER USER; ALTER TABLE ledger_transactions ENABLE TRIGGER USER`)
}
