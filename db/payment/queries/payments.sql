-- name: BeginPayment :execrows
-- One statement: the subject's payment and its authorization's intent, both or
-- neither. It gives no row where the subject has a payment or a tombstone.
WITH made AS (
    INSERT INTO payments (id, order_id, own, user_id, amount, currency, method, request_hash, status)
    VALUES (@id, @order_id, @own, @user_id::uuid, @amount::bigint, @currency::text, @method::text, @request_hash::bytea, 'initiated')
    ON CONFLICT DO NOTHING
    RETURNING order_id
)
INSERT INTO payment_operations (order_id, operation, provider_key)
SELECT order_id, 'authorize', @provider_key::text FROM made;

-- name: InsertTombstone :exec
INSERT INTO payments (id, order_id, own, status, barred) VALUES (@id, @order_id, @own, 'voided', true)
ON CONFLICT DO NOTHING;

-- name: LockPayment :one
SELECT * FROM payments WHERE order_id = $1 FOR NO KEY UPDATE;

-- name: BarPayment :exec
UPDATE payments SET barred = true, updated_at = now() WHERE order_id = $1 AND NOT barred;

-- name: StoreIntent :execrows
UPDATE payments SET provider_intent = @provider_intent::text, updated_at = now()
WHERE order_id = @order_id AND provider_intent IS NULL AND status = 'initiated' AND NOT barred;

-- name: StartOperation :one
INSERT INTO payment_operations AS o (order_id, operation, provider_key) VALUES ($1, $2, $3)
ON CONFLICT ON CONSTRAINT payment_operations_once DO UPDATE SET started_at = o.started_at
RETURNING o.keys_spent, (o.xmax <> 0)::boolean AS again;

-- name: StartCapture :one
-- StartOperation on a payment that is authorized. It gives no row where it is
-- not, or where a void was asked for.
WITH payment AS (
    SELECT order_id, provider_intent FROM payments
    WHERE payments.order_id = @order_id AND status = 'authorized' AND NOT barred
    FOR NO KEY UPDATE
)
INSERT INTO payment_operations AS o (order_id, operation, provider_key)
SELECT payment.order_id, 'capture', @provider_key::text FROM payment
ON CONFLICT ON CONSTRAINT payment_operations_once DO UPDATE SET started_at = o.started_at
RETURNING o.keys_spent, (o.xmax <> 0)::boolean AS again, (SELECT payment.provider_intent FROM payment)::text AS provider_intent;

-- name: SpendKey :exec
UPDATE payment_operations SET keys_spent = keys_spent + 1
WHERE order_id = @order_id AND operation = @operation AND keys_spent = @keys_spent;

-- name: Record :one
-- One statement: the payment's new status where its old one is behind that, the
-- bookings of every effect that is not booked yet, and the operation's outcome.
-- It gives the payment as it is now. Everything waits for the payment's lock.
WITH locked AS (
    SELECT * FROM payments WHERE payments.order_id = @order_id FOR NO KEY UPDATE
), moved AS (
    UPDATE payments SET
        status = @status::text, captured = @captured,
        decline_code = @decline_code, action_url = @action_url, updated_at = now(),
        action_expires_at = coalesce(payments.action_expires_at, now() + sqlc.narg(action_timeout)::interval)
    FROM locked
    WHERE payments.id = locked.id AND locked.status = ANY (@behind::text[])
    RETURNING payments.*
), now AS (
    SELECT * FROM moved
    UNION ALL
    SELECT * FROM locked WHERE NOT EXISTS (SELECT FROM moved)
), booked AS (
    INSERT INTO ledger_transactions (payment_id, order_id, kind)
    SELECT locked.id, locked.order_id, kind FROM locked, unnest(@effects::text[]) AS kind
    ON CONFLICT ON CONSTRAINT ledger_transactions_once DO NOTHING
    RETURNING id, kind
), entries AS (
    INSERT INTO ledger_entries (transaction_id, account, amount, currency)
    SELECT booked.id, side.account, side.sign * locked.amount, locked.currency
    FROM locked, booked JOIN (VALUES
        ('authorize', -1, 'customer'), ('authorize', 1, 'authorized'),
        ('void', -1, 'authorized'), ('void', 1, 'customer'),
        ('capture', -1, 'authorized'), ('capture', 1, 'captured')
    ) AS side (kind, sign, account) ON side.kind = booked.kind
), finished AS (
    UPDATE payment_operations SET outcome = now.status, finished_at = now()
    FROM now
    WHERE payment_operations.order_id = now.order_id AND operation = @operation
)
SELECT * FROM now;

-- name: PaymentOfOrder :one
SELECT * FROM payments WHERE order_id = $1;

-- name: GetPayment :one
SELECT * FROM payments WHERE id = $1;

-- name: ListPayments :many
SELECT * FROM payments
WHERE (sqlc.narg(order_id)::uuid IS NULL OR (order_id = sqlc.narg(order_id)::uuid AND NOT own))
  AND (sqlc.narg(user_id)::uuid IS NULL OR user_id = sqlc.narg(user_id)::uuid)
  AND (created_at, id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_id)::uuid)
ORDER BY created_at DESC, id DESC
LIMIT sqlc.arg(page_limit);

-- name: WaitsForAction :one
SELECT EXISTS (SELECT FROM payments WHERE order_id = $1 AND status = 'requires_action');

-- name: InsertWebhookEvent :exec
INSERT INTO webhook_events (id, type, order_id) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING;
