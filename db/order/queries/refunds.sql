-- name: LockOrder :one
SELECT status, total_amount, total_currency, refunded_amount, cancel_requested_at FROM orders WHERE id = $1 FOR NO KEY UPDATE;

-- name: RefundableItems :many
SELECT position, product_id, quantity, coalesce(unit_price, 0)::bigint AS unit_price, coalesce(total, 0)::bigint AS total,
    refunded_quantity, refunded_amount
FROM order_items
WHERE order_id = $1
ORDER BY position;

-- name: FindRefund :one
SELECT order_id, request_hash, status, refusal_code, version FROM order_refunds WHERE id = $1;

-- name: RefundUnderWay :one
SELECT EXISTS (SELECT FROM order_refunds WHERE order_id = $1 AND status = 'requested');

-- name: InsertRefund :exec
-- One statement: the refund, its lines, what they take off the order, and the
-- event. The order must be locked. A refused one has no lines.
WITH parts AS (
    SELECT unnest(sqlc.arg(positions)::integer[]) AS position, unnest(sqlc.arg(quantities)::bigint[]) AS quantity,
        unnest(sqlc.arg(amounts)::bigint[]) AS amount
), made AS (
    INSERT INTO order_refunds (id, order_id, amount, reason, caller, request_hash, status, refusal_code)
    VALUES (sqlc.arg(id)::uuid, sqlc.arg(order_id)::uuid, sqlc.arg(amount)::bigint, sqlc.arg(reason)::text, sqlc.arg(caller)::text,
        sqlc.narg(request_hash)::bytea, sqlc.arg(status)::text, sqlc.narg(refusal_code)::text)
    RETURNING *
), lines AS (
    INSERT INTO order_refund_lines (refund_id, order_id, position, quantity, amount)
    SELECT made.id, made.order_id, parts.position, parts.quantity, parts.amount FROM made, parts
), items AS (
    UPDATE order_items i SET
        refunded_quantity = i.refunded_quantity + parts.quantity,
        refunded_amount = i.refunded_amount + parts.amount
    FROM parts
    WHERE i.order_id = sqlc.arg(order_id)::uuid AND i.position = parts.position
), taken AS (
    UPDATE orders SET refunded_amount = orders.refunded_amount + sqlc.arg(amount)::bigint
    WHERE orders.id = sqlc.arg(order_id)::uuid AND sqlc.arg(amount)::bigint > 0
)
INSERT INTO outbox (aggregate_id, version, type, payload)
SELECT made.id, made.version, 'refund.' || made.status, jsonb_strip_nulls(jsonb_build_object(
    'refund_id', public_id('rfd', made.id), 'order_id', public_id('ord', made.order_id), 'user_id', public_id('usr', o.user_id),
    'status', made.status, 'version', made.version, 'reason', made.refusal_code,
    'amount', jsonb_build_object('amount', made.amount, 'currency', coalesce(o.total_currency, o.currency))))
FROM made JOIN orders o ON o.id = made.order_id;

-- name: FinishRefund :execrows
-- One statement: the refund's ending and its event; a refused one gives back what
-- it took off the order, which must be locked. It changes no row where the refund
-- has ended.
WITH finished AS (
    UPDATE order_refunds r SET
        status = sqlc.arg(status)::text, refusal_code = sqlc.narg(refusal_code)::text, version = r.version + 1, updated_at = now()
    WHERE r.id = sqlc.arg(id)::uuid AND r.status = 'requested'
    RETURNING *
), items AS (
    UPDATE order_items i SET
        refunded_quantity = i.refunded_quantity - l.quantity,
        refunded_amount = i.refunded_amount - l.amount
    FROM finished JOIN order_refund_lines l ON l.refund_id = finished.id
    WHERE finished.status = 'refused' AND i.order_id = l.order_id AND i.position = l.position
), given_back AS (
    UPDATE orders SET refunded_amount = orders.refunded_amount - finished.amount
    FROM finished
    WHERE finished.status = 'refused' AND orders.id = finished.order_id AND finished.amount > 0
)
INSERT INTO outbox (aggregate_id, version, type, payload)
SELECT finished.id, finished.version, 'refund.' || finished.status, jsonb_strip_nulls(jsonb_build_object(
    'refund_id', public_id('rfd', finished.id), 'order_id', public_id('ord', finished.order_id), 'user_id', public_id('usr', o.user_id),
    'status', finished.status, 'version', finished.version, 'reason', finished.refusal_code,
    'amount', jsonb_build_object('amount', finished.amount, 'currency', o.total_currency)))
FROM finished JOIN orders o ON o.id = finished.order_id;

-- name: EndRefundedOrder :exec
-- EndRefundedOrder moves a confirmed order of which nothing is left, and writes
-- the event of it. The order must be locked.
WITH moved AS (
    UPDATE orders o SET status = 'refunded', version = o.version + 1, updated_at = now()
    WHERE o.id = sqlc.arg(id)::uuid AND o.status = 'confirmed'
      AND NOT EXISTS (SELECT FROM order_refunds r WHERE r.order_id = o.id AND r.status = 'requested')
      AND NOT EXISTS (SELECT FROM order_items i WHERE i.order_id = o.id AND i.refunded_quantity < i.quantity)
    RETURNING *
)
INSERT INTO outbox (aggregate_id, version, type, payload)
SELECT id, version, 'order.' || status, jsonb_strip_nulls(jsonb_build_object(
    'order_id', public_id('ord', id), 'user_id', public_id('usr', user_id), 'payment_id', public_id('pay', payment_id),
    'status', status, 'version', version,
    'total', jsonb_build_object('amount', total_amount, 'currency', total_currency)))
FROM moved;

-- name: GetRefund :one
SELECT sqlc.embed(r), o.user_id, coalesce(o.total_currency, o.currency)::text AS currency,
    (SELECT jsonb_agg(jsonb_build_object('product_id', units.product_id, 'quantity', units.quantity) ORDER BY units.product_id)
        FROM (SELECT i.product_id, sum(l.quantity) AS quantity
            FROM order_refund_lines l JOIN order_items i USING (order_id, position)
            WHERE l.refund_id = r.id GROUP BY i.product_id) AS units)::jsonb AS lines
FROM order_refunds r JOIN orders o ON o.id = r.order_id
WHERE r.id = $1;

-- name: ListRefunds :many
SELECT sqlc.embed(r), o.user_id, coalesce(o.total_currency, o.currency)::text AS currency,
    (SELECT jsonb_agg(jsonb_build_object('product_id', units.product_id, 'quantity', units.quantity) ORDER BY units.product_id)
        FROM (SELECT i.product_id, sum(l.quantity) AS quantity
            FROM order_refund_lines l JOIN order_items i USING (order_id, position)
            WHERE l.refund_id = r.id GROUP BY i.product_id) AS units)::jsonb AS lines
FROM order_refunds r JOIN orders o ON o.id = r.order_id
WHERE r.order_id = $1
ORDER BY r.created_at, r.id;

-- name: RefundsLeft :many
SELECT sqlc.embed(r), o.user_id, coalesce(o.total_currency, o.currency)::text AS currency,
    (SELECT jsonb_agg(jsonb_build_object('product_id', units.product_id, 'quantity', units.quantity) ORDER BY units.product_id)
        FROM (SELECT i.product_id, sum(l.quantity) AS quantity
            FROM order_refund_lines l JOIN order_items i USING (order_id, position)
            WHERE l.refund_id = r.id GROUP BY i.product_id) AS units)::jsonb AS lines
FROM order_refunds r JOIN orders o ON o.id = r.order_id
WHERE r.status = 'requested' AND r.created_at <= now() - sqlc.arg(age)::interval
ORDER BY r.created_at, r.id
LIMIT sqlc.arg(page_limit);
