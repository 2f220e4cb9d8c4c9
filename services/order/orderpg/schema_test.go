package orderpg_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/event/eventtest"
	"github.com/skaldhq/skald/internal/id"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/order/orderpg"
	"github.com/skaldhq/skald/services/order/ordertest"
)

// blocked waits until a statement waits for a lock.
func blocked(t *testing.T, pool *pgxpool.Pool) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for n := 0; n == 0; {
		err := pool.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&n)
		if err != nil {
			return err
		}
	}
	return nil
}

// broken is the constraint that a statement breaks; the empty one for none.
// Whatever it does is rolled back.
func broken(t *testing.T, pool *pgxpool.Pool, sql string, args ...any) string {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	_, err = tx.Exec(t.Context(), sql, args...)
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return pgErr.ConstraintName
	}
	require.NoError(t, err)
	return ""
}

// TestGuard: the database itself refuses what the service never does.
func TestGuard(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "order")
	s := orderpg.New(pool)
	r := ordertest.Request()
	r.Key = "once"
	_, _, err := s.Create(t.Context(), r)
	require.NoError(t, err)
	for sql, constraint := range map[string]string{
		"UPDATE orders SET version = version + 1":                                                                           "orders_version_without_gap",
		"UPDATE orders SET version = version - 1":                                                                           "orders_version_without_gap",
		"UPDATE orders SET status = 'failed'":                                                                               "orders_version_without_gap",
		"UPDATE orders SET status = 'failed', version = version + 2":                                                        "orders_version_without_gap",
		"UPDATE orders SET status = 'lost', version = version + 1":                                                          "orders_transition_legal",
		"UPDATE orders SET status = 'confirmed', version = version + 1":                                                     "orders_confirmed_is_priced",
		"UPDATE orders SET saga_state = 'lost'":                                                                             "orders_saga_state_known",
		"UPDATE orders SET total_amount = 1":                                                                                "orders_total_whole",
		"UPDATE orders SET total_amount = -1, total_currency = 'EUR'":                                                       "orders_total_not_negative",
		"UPDATE orders SET item_count = 101":                                                                                "orders_item_count_range",
		"UPDATE orders SET item_count = 0":                                                                                  "orders_item_count_range",
		"INSERT INTO orders SELECT (jsonb_populate_record(o, '{\"version\": 2}')).* FROM orders o":                          "orders_begin_pending",
		"INSERT INTO orders SELECT (jsonb_populate_record(o, '{\"status\": \"x\"}')).* FROM orders o":                       "orders_begin_pending",
		"UPDATE order_items SET quantity = 0":                                                                               "order_items_quantity_positive",
		"UPDATE order_items SET position = position + 100":                                                                  "order_items_position_range",
		"UPDATE order_items SET unit_price = 1":                                                                             "order_items_price_whole",
		"UPDATE order_items SET unit_price = 1, total = -1":                                                                 "order_items_price_not_negative",
		"UPDATE idempotency_keys SET order_id = gen_random_uuid()":                                                          "idempotency_keys_order_id_fkey",
		"INSERT INTO idempotency_keys SELECT * FROM idempotency_keys":                                                       "idempotency_keys_once",
		"INSERT INTO outbox (aggregate_id, version, type, payload) SELECT aggregate_id, version, type, payload FROM outbox": "outbox_once",
		"UPDATE orders SET status = 'failed', version = version + 1":                                                        "",
	} {
		require.Equal(t, constraint, broken(t, pool, sql), sql)
	}
}

// TestGuardAgrees: the database and the domain draw the same state machine.
func TestGuardAgrees(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "order")
	s := orderpg.New(pool)
	for _, from := range ordertest.Statuses() {
		o, _, err := s.Create(t.Context(), ordertest.Request())
		require.NoError(t, err)
		for _, step := range ordertest.Way(from) {
			_, err := s.TransitionOrder(t.Context(), order.Transition{OrderID: o.ID, To: step, Quote: ordertest.Quote(), SagaState: order.SagaRunning})
			require.NoError(t, err)
		}
		row, err := order.IDPrefix.Parse(o.ID)
		require.NoError(t, err)
		for _, to := range ordertest.Statuses() {
			if from == to {
				continue
			}
			constraint := broken(t, pool, `UPDATE orders SET status = $2, version = version + 1, total_amount = 1, total_currency = 'EUR' WHERE id = $1`, row, string(to))
			require.Equal(t, from.CanBecome(to), constraint == "", "%s → %s: %s", from, to, constraint)
		}
	}
}

// TestEvents: what the outbox tells of an order that was refused and of one
// that was confirmed, and nothing that is personal.
func TestEvents(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "order")
	s := orderpg.New(pool)
	total := map[string]any{"amount": 2500.0, "currency": "EUR"}
	for _, test := range []struct {
		ending order.Transition
		want   map[string]any
	}{
		{order.Transition{To: order.Confirmed, SagaState: order.SagaCompleted}, map[string]any{}},
		{order.Transition{To: order.Rejected, SagaState: order.SagaCompensated,
			Failure: &order.Failure{Code: "payment_declined", Detail: "The card of A. Person was declined."}}, map[string]any{"reason": "payment_declined"}},
	} {
		o, _, err := s.Create(t.Context(), ordertest.Request())
		require.NoError(t, err)
		payment := order.PaymentIDPrefix.New()
		_, err = s.TransitionOrder(t.Context(), order.Transition{
			OrderID: o.ID, To: order.AwaitingPayment, Quote: ordertest.Quote(), PaymentID: payment, SagaState: order.SagaWaiting,
			Action: &order.Action{Type: "redirect", ExpiresAt: time.Now()},
		})
		require.NoError(t, err)
		test.ending.OrderID = o.ID
		_, err = s.TransitionOrder(t.Context(), test.ending)
		require.NoError(t, err)

		test.want["order_id"], test.want["user_id"], test.want["payment_id"] = o.ID, o.UserID, payment
		test.want["status"], test.want["version"], test.want["total"] = string(test.ending.To), 3.0, total
		require.Equal(t, []event{
			{1, "order.created", map[string]any{"order_id": o.ID, "user_id": o.UserID, "status": "pending", "version": 1.0}},
			{2, "order.awaiting_payment", map[string]any{
				"order_id": o.ID, "user_id": o.UserID, "payment_id": payment, "status": "awaiting_payment", "version": 2.0, "total": total}},
			{3, "order." + string(test.ending.To), test.want},
		}, events(t, pool, o.ID))
	}
	eventtest.Read(t, "../../..").Told(t, pool)
}

// event is a row of the outbox that nobody has published yet.
type event struct {
	Version int64
	Type    string
	Payload map[string]any
}

func events(t *testing.T, pool *pgxpool.Pool, orderID string) []event {
	t.Helper()
	row, err := order.IDPrefix.Parse(orderID)
	require.NoError(t, err)
	rows, err := pool.Query(t.Context(), "SELECT version, type, payload FROM outbox WHERE aggregate_id = $1 AND published_at IS NULL ORDER BY id", row)
	require.NoError(t, err)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[event])
	require.NoError(t, err)
	return found
}

// TestPublicID: the database spells ids as the rest of the platform does.
func TestPublicID(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "order")
	ids := []uuid.UUID{uuid.Nil, uuid.Max}
	for range 200 {
		ids = append(ids, uuid.New())
	}
	for _, u := range ids {
		var public string
		require.NoError(t, pool.QueryRow(t.Context(), "SELECT public_id('tst', $1)", u).Scan(&public))
		require.Equal(t, id.Prefix("tst").Format(u), public)
	}
}

// TestResolutionsAreKept: nobody changes or forgets what an operator decided.
func TestResolutionsAreKept(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "order")
	require.NoError(t, orderpg.New(pool).RecordResolution(t.Context(), order.Resolution{
		WorkflowID: "order/ord_1", ID: "1", Step: "VoidPayment", Action: "skip", Reason: "Nothing is held.", By: "operator",
		Before: order.SagaParked, After: order.SagaCompensating, At: time.Now(),
	}))
	for _, sql := range []string{"UPDATE saga_resolutions SET reason = 'none'", "DELETE FROM saga_resolutions", "TRUNCATE saga_resolutions"} {
		require.Equal(t, "saga_resolutions_append_only", broken(t, pool, sql), sql)
	}
}

// TestAcceptedForGood: the database itself keeps what an operator accepted.
func TestAcceptedForGood(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "order")
	s := orderpg.New(pool)
	_, err := s.RecordDiscrepancy(t.Context(), order.Finding{Kind: order.MoneyKept, OrderID: order.IDPrefix.New(), Detail: "x"})
	require.NoError(t, err)
	require.Equal(t, "discrepancies_acceptance_given", broken(t, pool, "UPDATE discrepancies SET resolved_at = now(), resolution = 'accepted'"))
	require.Equal(t, "discrepancies_acceptance_given", broken(t, pool, "UPDATE discrepancies SET accepted_by = 'operator', accept_reason = 'x'"))
	page, err := s.ListDiscrepancies(t.Context(), order.DiscrepancyFilter{Limit: 1})
	require.NoError(t, err)
	_, err = s.AcceptDiscrepancy(t.Context(), order.Acceptance{DiscrepancyID: page.Items[0].ID, Reason: "x", By: "operator"})
	require.NoError(t, err)
	for _, sql := range []string{"UPDATE discrepancies SET accept_reason = 'y'", "UPDATE discrepancies SET resolution = 'gone'", "DELETE FROM discrepancies"} {
		require.Equal(t, "discrepancies_accepted_for_good", broken(t, pool, sql), sql)
	}
}
