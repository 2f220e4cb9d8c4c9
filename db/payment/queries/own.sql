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

-- name: PaymentsLeft :many
UPDATE payments SET looked_at = now()
WHERE id IN (
    SELECT id FROM payments
    WHERE own AND failure_code IS NULL AND status NOT IN ('captured', 'refunded') AND amount IS NOT NULL
      AND looked_at <= now() - sqlc.arg(age)::interval
    ORDER BY looked_at, id
    LIMIT sqlc.arg(batch)
    FOR NO KEY UPDATE SKIP LOCKED
)
RETURNING *;

-- name: PaymentRefundsLeft :many
WITH looked AS (
    UPDATE payment_refunds SET looked_at = now()
    WHERE id IN (
        SELECT r.id FROM payment_refunds r JOIN payments p ON p.order_id = r.order_id
        WHERE p.own AND r.status = 'requested' AND r.looked_at <= now() - sqlc.arg(age)::interval
        ORDER BY r.looked_at, r.id
        LIMIT sqlc.arg(batch)
        FOR NO KEY UPDATE OF r SKIP LOCKED
    )
    RETURNING id
)
SELECT sqlc.embed(r), sqlc.embed(p) FROM looked JOIN payment_refunds r USING (id) JOIN payments p ON p.order_id = r.order_id;
