-- name: InsertPayment :exec
INSERT INTO payments (id, order_id, user_id, amount, currency, method, request_hash, status)
VALUES (@id, @order_id, @user_id::uuid, @amount::bigint, @currency::text, @method::text, @request_hash::bytea, 'initiated')
ON CONFLICT (order_id) DO NOTHING;

-- name: InsertTombstone :exec
INSERT INTO payments (id, order_id, status, barred) VALUES (@id, @order_id, 'voided', true)
ON CONFLICT (order_id) DO NOTHING;

-- name: LockPayment :one
SELECT * FROM payments WHERE order_id = $1 FOR NO KEY UPDATE;

-- name: BarPayment :exec
UPDATE payments SET barred = true, updated_at = now() WHERE order_id = $1 AND NOT barred;

-- name: StoreIntent :exec
UPDATE payments SET provider_intent = @provider_intent::text, updated_at = now() WHERE order_id = @order_id;

-- name: SettlePayment :one
UPDATE payments SET
    status = @status, captured = @captured, refunded = @refunded,
    decline_code = @decline_code, action_url = @action_url, updated_at = now()
WHERE order_id = @order_id
RETURNING *;

-- name: StartOperation :one
INSERT INTO payment_operations AS o (order_id, operation, provider_key) VALUES ($1, $2, $3)
ON CONFLICT ON CONSTRAINT payment_operations_once DO UPDATE SET started_at = o.started_at
RETURNING o.keys_spent, (o.xmax <> 0)::boolean AS again;

-- name: SpendKey :exec
UPDATE payment_operations SET keys_spent = keys_spent + 1
WHERE order_id = @order_id AND operation = @operation AND keys_spent = @keys_spent;

-- name: FinishOperation :exec
UPDATE payment_operations SET outcome = @outcome::text, finished_at = now()
WHERE order_id = @order_id AND operation = @operation;

-- name: Book :exec
-- One effect at the provider, once: so much from one account to another.
WITH txn AS (
    INSERT INTO ledger_transactions (payment_id, order_id, kind) VALUES (@payment_id, @order_id, @kind)
    ON CONFLICT ON CONSTRAINT ledger_transactions_once DO NOTHING
    RETURNING id
)
INSERT INTO ledger_entries (transaction_id, account, amount, currency)
SELECT txn.id, side.account, side.amount, @currency::text
FROM txn, (VALUES (@from_account::text, - @amount::bigint), (@to_account::text, @amount::bigint)) AS side (account, amount);

-- name: GetPayment :one
SELECT * FROM payments WHERE id = $1;

-- name: ListPayments :many
SELECT * FROM payments
WHERE (sqlc.narg(order_id)::uuid IS NULL OR order_id = sqlc.narg(order_id)::uuid)
  AND (created_at, id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_id)::uuid)
ORDER BY created_at DESC, id DESC
LIMIT sqlc.arg(page_limit);

-- name: WaitsForAction :one
SELECT EXISTS (SELECT FROM payments WHERE order_id = $1 AND status = 'requires_action');

-- name: InsertWebhookEvent :execrows
INSERT INTO webhook_events (id, type, order_id) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING;
