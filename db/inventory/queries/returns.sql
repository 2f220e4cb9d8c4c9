-- name: FindReturn :one
SELECT * FROM returns WHERE refund_id = @refund_id;

-- name: ListReturnLines :many
SELECT product_id, quantity FROM return_lines WHERE refund_id = @refund_id ORDER BY product_id;

-- name: ListReturns :many
SELECT r.refund_id, r.order_id, r.created_at, l.product_id, l.quantity
FROM returns r
JOIN return_lines l ON l.order_id = r.order_id AND l.refund_id = r.refund_id
WHERE r.order_id = @order_id
ORDER BY r.created_at, r.refund_id, l.product_id;

-- name: ListUnreturned :many
-- ListUnreturned is what an order bought and has not given back.
SELECT product_id, (quantity - returned)::bigint AS quantity
FROM reservation_lines
WHERE order_id = @order_id AND returned < quantity
ORDER BY product_id;

-- name: ReturnUnits :one
-- ReturnUnits puts all lines back on hand or none. The reservation, which must be
-- sold, and the stock rows must be locked: it judges them as they were when it
-- started. It returns no row where a line is more than there is left of it.
WITH wanted AS (
    SELECT unnest(@product_ids::uuid[]) AS product_id, unnest(@quantities::bigint[]) AS quantity
), verdict AS MATERIALIZED (
    SELECT count(*) = cardinality(@product_ids::uuid[]) AS allowed
    FROM wanted
    JOIN reservation_lines l ON l.order_id = @order_id AND l.product_id = wanted.product_id
        AND l.quantity - l.returned >= wanted.quantity
), back AS (
    UPDATE stock SET on_hand = stock.on_hand + wanted.quantity, updated_at = now()
    FROM wanted, verdict
    WHERE verdict.allowed AND stock.product_id = wanted.product_id
), counted AS (
    UPDATE reservation_lines l SET returned = l.returned + wanted.quantity
    FROM wanted, verdict
    WHERE verdict.allowed AND l.order_id = @order_id AND l.product_id = wanted.product_id
), made AS (
    INSERT INTO returns (refund_id, order_id, request_hash)
    SELECT @refund_id, @order_id, @request_hash::bytea FROM verdict WHERE verdict.allowed
    RETURNING *
), lines AS (
    INSERT INTO return_lines (refund_id, order_id, product_id, quantity)
    SELECT made.refund_id, made.order_id, wanted.product_id, wanted.quantity FROM made, wanted
)
SELECT * FROM made;
