-- name: ClaimPayment :execrows
-- It gives no row where the payment was claimed, authorized or undone before.
INSERT INTO payments (id, order_id, own, user_id, amount, currency, method, request_hash, status)
VALUES (@id, @id, true, @user_id::uuid, @amount::bigint, @currency::text, @method::text, @request_hash::bytea, 'initiated')
ON CONFLICT DO NOTHING;

-- name: ClosePayment :execrows
-- The first reason counts. What was begun at the provider keeps its status: a void
-- ends that.
UPDATE payments SET
    failure_code = @code::text, failure_detail = @detail::text, failure_step = @step::text, barred = true, updated_at = now(),
    status = CASE WHEN status = 'initiated' AND provider_intent IS NULL THEN 'voided' ELSE status END
WHERE id = @id AND own AND status <> 'captured' AND failure_code IS NULL;

-- name: KeepTaken :exec
-- What turned the payment back has come to its end, and the money stays.
UPDATE payments SET barred = false, updated_at = now()
WHERE id = $1 AND own AND status = 'captured' AND barred;

-- name: PaymentsLeft :many
-- The older a payment is, the less often somebody looks: most wait for a customer.
UPDATE payments SET due_at = now() + least((now() - created_at) / 10, interval '5 minutes')
WHERE id IN (
    SELECT id FROM payments
    WHERE own AND failure_code IS NULL AND (barred OR status NOT IN ('captured', 'refunded')) AND amount IS NOT NULL
      AND due_at <= now() - sqlc.arg(age)::interval
    ORDER BY due_at, id
    LIMIT sqlc.arg(batch)
    FOR NO KEY UPDATE SKIP LOCKED
)
RETURNING *;

-- name: PaymentRefundsLeft :many
-- A refund without a caller is a reversal's, which the payment's own saga sees through.
WITH looked AS (
    UPDATE payment_refunds SET due_at = now() + least((now() - created_at) / 10, interval '5 minutes')
    WHERE id IN (
        SELECT r.id FROM payment_refunds r JOIN payments p ON p.order_id = r.order_id
        WHERE p.own AND r.status = 'requested' AND r.caller <> '' AND r.due_at <= now() - sqlc.arg(age)::interval
        ORDER BY r.due_at, r.id
        LIMIT sqlc.arg(batch)
        FOR NO KEY UPDATE OF r SKIP LOCKED
    )
    RETURNING id
)
SELECT sqlc.embed(r), sqlc.embed(p) FROM looked JOIN payment_refunds r USING (id) JOIN payments p ON p.order_id = r.order_id;
