-- name: FindRefund :one
SELECT * FROM payment_refunds WHERE id = $1;

-- name: SetAside :execrows
-- SetAside takes the amount of a refund off what is left of the capture. It
-- changes no row where less is left.
UPDATE payments SET refunding = refunding + @amount::bigint, updated_at = now()
WHERE order_id = @order_id AND status = 'captured' AND @amount::bigint <= captured - refunded - refunding;

-- name: InsertRefund :one
INSERT INTO payment_refunds (id, order_id, amount, request_hash, provider_key, status, refusal_code, reason, caller)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
RETURNING *;

-- name: EndRefund :one
-- EndRefund gives no row where the refund has ended.
UPDATE payment_refunds SET status = @status::text, provider_refund = sqlc.narg(provider_refund)::text,
    refusal_code = sqlc.narg(refusal_code)::text, updated_at = now()
WHERE id = @id AND status = 'requested'
RETURNING amount;

-- name: SettleRefund :exec
-- SettleRefund takes off what was set aside; where the refund is done the money
-- has gone back.
UPDATE payments SET
    refunding = refunding - @amount::bigint,
    refunded = CASE WHEN @done::boolean THEN refunded + @amount::bigint ELSE refunded END,
    status = CASE WHEN @done::boolean AND refunded + @amount::bigint = captured THEN 'refunded' ELSE status END,
    updated_at = now()
WHERE order_id = @order_id;

-- name: BookRefund :exec
WITH booked AS (
    INSERT INTO ledger_transactions (payment_id, order_id, kind, refund_id)
    SELECT p.id, p.order_id, 'refund', @refund_id::uuid FROM payments p WHERE p.order_id = @order_id
    RETURNING id, order_id
)
INSERT INTO ledger_entries (transaction_id, account, amount, currency)
SELECT booked.id, side.account, side.sign * @amount::bigint, p.currency
FROM booked JOIN payments p ON p.order_id = booked.order_id, (VALUES (-1, 'captured'), (1, 'customer')) AS side (sign, account);

-- name: ListRefunds :many
SELECT sqlc.embed(r), sqlc.embed(p) FROM payment_refunds r JOIN payments p ON p.order_id = r.order_id
WHERE r.order_id = @order_id AND p.own = @own
ORDER BY r.created_at, r.id;
