package e2e_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack/stacktest"
)

// TestJudge: what is broken is found. It spoils the platform that others share
// and repairs it, so it runs while none of them does.
func TestJudge(t *testing.T) {
	b := setup(t)
	product := b.Product(1999, 10)
	o := b.Buy(b.Basket(product, 1, visa), http.StatusCreated).Order
	b.RequireInvariants()
	order, units := b.PrivateID(o.ID), b.PrivateID(product)
	for _, tc := range []struct {
		finds, service, spoil, repair, id string
	}{
		{"M1", "order", "UPDATE orders SET total_amount = total_amount + 1 WHERE id = $1", "UPDATE orders SET total_amount = total_amount - 1 WHERE id = $1", order},
		{"M1", "order", "UPDATE orders SET refunded_amount = 1 WHERE id = $1", "UPDATE orders SET refunded_amount = 0 WHERE id = $1", order},
		{"M2", "payment", `INSERT INTO payment_refunds (id, order_id, amount, request_hash, provider_key, status)
				SELECT gen_random_uuid(), order_id, captured + 1, 'spoiled', 'spoiled', 'requested' FROM payments WHERE order_id = $1`,
			"DELETE FROM payment_refunds WHERE order_id = $1", order},
		{"M3", "order", "UPDATE orders SET total_currency = 'USD' WHERE id = $1", "UPDATE orders SET total_currency = 'EUR' WHERE id = $1", order},
		{"M5", "payment", "INSERT INTO ledger_transactions (payment_id, order_id, kind) SELECT id, order_id, 'void' FROM payments WHERE order_id = $1",
			"DELETE FROM ledger_transactions WHERE kind = 'void' AND order_id = $1", order},
		{"S1", "inventory", "UPDATE stock SET on_hand = on_hand + 1 WHERE product_id = $1", "UPDATE stock SET on_hand = on_hand - 1 WHERE product_id = $1", units},
		{"S2", "inventory", "UPDATE stock SET reserved = reserved + 1 WHERE product_id = $1", "UPDATE stock SET reserved = reserved - 1 WHERE product_id = $1", units},
		{"S2", "inventory", "UPDATE reservation_lines SET returned = 1 WHERE order_id = $1", "UPDATE reservation_lines SET returned = 0 WHERE order_id = $1", order},
		{"S3", "inventory", "UPDATE reservations SET state = 'reserved' WHERE order_id = $1", "UPDATE reservations SET state = 'sold' WHERE order_id = $1", order},
		{"G3", "order", "UPDATE outbox SET version = version + 9 WHERE aggregate_id = $1", "UPDATE outbox SET version = version - 9 WHERE aggregate_id = $1", order},
		{"G4", "order", "UPDATE orders SET saga_state = 'parked' WHERE id = $1", "UPDATE orders SET saga_state = 'completed' WHERE id = $1", order},
		{"G7", "order", "UPDATE orders SET saga_state = 'compensated' WHERE id = $1", "UPDATE orders SET saga_state = 'completed' WHERE id = $1", order},
		{"E1", "order", "UPDATE outbox SET type = 'order.failed' WHERE version = 2 AND aggregate_id = $1", "UPDATE outbox SET type = 'order.confirmed' WHERE version = 2 AND aggregate_id = $1", order},
	} {
		triggers := tc.service == "payment" && tc.finds == "M5"
		b.spoil(tc.service, tc.spoil, tc.id, triggers)
		verdict, err := stacktest.Inspected(b.Stack).Judge(context.Background())
		b.spoil(tc.service, tc.repair, tc.id, triggers)
		require.NoError(t, err)
		require.ErrorContains(t, verdict.Err(), tc.finds+":", tc.spoil)
	}
	b.Change("payment", "ALTER TABLE ledger_entries DISABLE TRIGGER ledger_entries_append_only")
	verdict, err := stacktest.Inspected(b.Stack).Judge(context.Background())
	b.Change("payment", "ALTER TABLE ledger_entries ENABLE TRIGGER ledger_entries_append_only")
	require.NoError(t, err)
	require.ErrorContains(t, verdict.Err(), "M5: the ledger allows UPDATE ledger_entries")
	b.RequireInvariants()
}

// spoil changes one row, also where the database lets nobody do that.
func (b *bench) spoil(service, sql, id string, pastTriggers bool) {
	b.Helper()
	if pastTriggers {
		b.Change(service, "ALTER TABLE ledger_transactions DISABLE TRIGGER USER")
		defer b.Change(service, "ALTER TABLE ledger_transactions ENABLE TRIGGER USER")
	}
	b.Change(service, sql, id)
}
