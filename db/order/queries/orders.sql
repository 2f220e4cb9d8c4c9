-- name: ClaimAndCreate :many
-- One statement: the idempotency key, the order, its lines and its event, all
-- or none. It gives no row where the key was claimed before.
WITH claim AS (
    INSERT INTO idempotency_keys (caller, key, request_hash, order_id)
    SELECT sqlc.arg(caller)::text, sqlc.arg(key)::text, sqlc.arg(request_hash)::bytea, sqlc.arg(id)::uuid
    WHERE sqlc.arg(key)::text <> ''
    ON CONFLICT DO NOTHING
    RETURNING order_id
), created AS (
    INSERT INTO orders (id, user_id, status, currency, payment_method, item_count, saga_state)
    SELECT sqlc.arg(id)::uuid, sqlc.arg(user_id)::uuid, 'pending', sqlc.arg(currency)::text, sqlc.arg(payment_method)::text,
        cardinality(sqlc.arg(product_ids)::uuid[]), 'running'
    WHERE sqlc.arg(key)::text = '' OR EXISTS (SELECT FROM claim)
    RETURNING id, user_id, status, version, created_at
), lines AS (
    INSERT INTO order_items (order_id, position, product_id, quantity)
    SELECT created.id, position, (sqlc.arg(product_ids)::uuid[])[position], (sqlc.arg(quantities)::bigint[])[position]
    FROM created, generate_series(1, cardinality(sqlc.arg(product_ids)::uuid[])) AS position
), event AS (
    INSERT INTO outbox (aggregate_id, version, type, payload)
    SELECT id, version, 'order.created', jsonb_build_object(
        'order_id', public_id('ord', id), 'user_id', public_id('usr', user_id), 'status', status, 'version', version)
    FROM created
)
SELECT created_at FROM created;

-- name: FindClaim :one
SELECT request_hash, order_id FROM idempotency_keys WHERE caller = $1 AND key = $2;

-- name: GetOrder :one
SELECT sqlc.embed(o),
    (SELECT jsonb_agg(jsonb_build_object('product_id', i.product_id, 'quantity', i.quantity, 'unit_price', i.unit_price, 'total', i.total)
        ORDER BY i.position) FROM order_items i WHERE i.order_id = o.id)::jsonb AS items
FROM orders o
WHERE o.id = $1;

-- name: ListOrders :many
SELECT sqlc.embed(o),
    (SELECT jsonb_agg(jsonb_build_object('product_id', i.product_id, 'quantity', i.quantity, 'unit_price', i.unit_price, 'total', i.total)
        ORDER BY i.position) FROM order_items i WHERE i.order_id = o.id)::jsonb AS items
FROM orders o
WHERE (sqlc.narg(user_id)::uuid IS NULL OR o.user_id = sqlc.narg(user_id)::uuid)
  AND (sqlc.narg(status)::text IS NULL OR o.status = sqlc.narg(status)::text)
  AND (sqlc.narg(created_after)::timestamptz IS NULL OR o.created_at > sqlc.narg(created_after)::timestamptz)
  AND (o.created_at, o.id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_id)::uuid)
ORDER BY o.created_at DESC, o.id DESC
LIMIT sqlc.arg(page_limit);

-- name: Transition :one
-- One statement: the order's new status where its old one allows it, the
-- prices of its lines, and the event. It gives no row where nothing moved, and
-- items only where they were priced: what another transaction has just priced
-- is not in this statement's snapshot.
WITH moved AS (
    UPDATE orders SET
        status = sqlc.arg(status)::text,
        version = version + 1,
        total_amount = coalesce(sqlc.narg(total_amount)::bigint, total_amount),
        total_currency = coalesce(sqlc.narg(total_currency)::text, total_currency),
        payment_id = coalesce(sqlc.narg(payment_id)::uuid, payment_id),
        failure_code = sqlc.narg(failure_code)::text,
        failure_detail = sqlc.narg(failure_detail)::text,
        failure_step = sqlc.narg(failure_step)::text,
        action_type = sqlc.narg(action_type)::text,
        action_expires = sqlc.narg(action_expires)::timestamptz,
        saga_state = CASE WHEN saga_seq <= sqlc.arg(saga_seq)::bigint THEN sqlc.arg(saga_state)::text ELSE saga_state END,
        saga_seq = greatest(saga_seq, sqlc.arg(saga_seq)::bigint),
        updated_at = now()
    WHERE id = sqlc.arg(id)::uuid AND status = ANY (sqlc.arg(from_statuses)::text[])
      AND (NOT sqlc.arg(quoted)::boolean OR item_count = cardinality(sqlc.arg(unit_prices)::bigint[]))
    RETURNING *
), priced AS (
    UPDATE order_items i SET
        unit_price = (sqlc.arg(unit_prices)::bigint[])[i.position],
        total = (sqlc.arg(totals)::bigint[])[i.position]
    FROM moved
    WHERE i.order_id = moved.id AND sqlc.arg(quoted)::boolean
    RETURNING i.position, i.product_id, i.quantity, i.unit_price, i.total
), event AS (
    INSERT INTO outbox (aggregate_id, version, type, payload)
    SELECT id, version, 'order.' || status, jsonb_strip_nulls(jsonb_build_object(
        'order_id', public_id('ord', id), 'user_id', public_id('usr', user_id), 'payment_id', public_id('pay', payment_id),
        'status', status, 'version', version, 'reason', failure_code,
        'total', CASE WHEN total_amount IS NOT NULL THEN jsonb_build_object('amount', total_amount, 'currency', total_currency) END))
    FROM moved
)
SELECT moved.*,
    (SELECT jsonb_agg(jsonb_build_object('product_id', p.product_id, 'quantity', p.quantity, 'unit_price', p.unit_price, 'total', p.total)
        ORDER BY p.position) FROM priced p)::jsonb AS items
FROM moved;

-- name: MarkSaga :one
-- MarkSaga tells whether there is such an order. It changes nothing where
-- something newer was recorded.
WITH marked AS (
    UPDATE orders SET
        saga_state = sqlc.arg(saga_state)::text,
        saga_seq = sqlc.arg(saga_seq)::bigint,
        updated_at = CASE WHEN saga_state = sqlc.arg(saga_state)::text THEN updated_at ELSE now() END
    WHERE orders.id = sqlc.arg(id)::uuid AND saga_seq < sqlc.arg(saga_seq)::bigint
)
SELECT EXISTS (SELECT FROM orders o WHERE o.id = sqlc.arg(id)::uuid) AS found;

-- name: Unstarted :many
SELECT sqlc.embed(o),
    (SELECT jsonb_agg(jsonb_build_object('product_id', i.product_id, 'quantity', i.quantity, 'unit_price', i.unit_price, 'total', i.total)
        ORDER BY i.position) FROM order_items i WHERE i.order_id = o.id)::jsonb AS items
FROM orders o
WHERE o.status = 'pending' AND o.saga_started_at IS NULL AND o.created_at <= now() - sqlc.arg(age)::interval
ORDER BY o.created_at, o.id
LIMIT sqlc.arg(page_limit);

-- name: ConfirmStarted :execrows
UPDATE orders SET saga_started_at = coalesce(saga_started_at, now()) WHERE id = $1;
