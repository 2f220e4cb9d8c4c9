-- name: Reserve :one
-- Reserve holds all lines or keeps the refusal. It returns no row where the
-- order has a reservation of any state; one that is being written makes it wait
-- and then break reservations_pkey, which undoes all of it. The stock rows must
-- be locked: it judges them as they were when it started.
WITH known AS (
    SELECT FROM reservations r WHERE r.order_id = @order_id
), wanted AS (
    SELECT unnest(@product_ids::uuid[]) AS product_id, unnest(@quantities::bigint[]) AS quantity
), verdict AS MATERIALIZED (
    SELECT count(*) = cardinality(@product_ids::uuid[]) AS enough
    FROM wanted
    JOIN stock s ON s.product_id = wanted.product_id AND s.on_hand - s.reserved >= wanted.quantity
    WHERE NOT EXISTS (SELECT FROM known)
), held AS (
    UPDATE stock SET reserved = stock.reserved + wanted.quantity, updated_at = now()
    FROM wanted, verdict
    WHERE verdict.enough AND stock.product_id = wanted.product_id
), claimed AS (
    INSERT INTO reservations (order_id, state, request_hash, refusal_code, expires_at)
    SELECT @order_id, CASE WHEN enough THEN 'reserved' ELSE 'rejected' END, @request_hash::bytea,
        CASE WHEN NOT enough THEN @refusal_code::text END, now() + @ttl::interval
    FROM verdict
    WHERE NOT EXISTS (SELECT FROM known)
    RETURNING *
), lines AS (
    INSERT INTO reservation_lines (order_id, product_id, quantity)
    SELECT claimed.order_id, wanted.product_id, wanted.quantity
    FROM claimed, wanted
    WHERE claimed.state = 'reserved'
)
SELECT * FROM claimed;

-- name: ClaimTombstone :one
-- ClaimTombstone returns no row where the order has a reservation of any state;
-- it waits for one that is being written.
INSERT INTO reservations (order_id, state, released_reason)
VALUES (@order_id, 'released', 'undone')
ON CONFLICT (order_id) DO NOTHING
RETURNING *;

-- name: LockReservation :one
SELECT * FROM reservations WHERE order_id = @order_id FOR NO KEY UPDATE;

-- name: GetReservation :one
SELECT * FROM reservations WHERE order_id = @order_id;

-- name: ListLines :many
SELECT product_id, quantity FROM reservation_lines WHERE order_id = @order_id ORDER BY product_id;

-- name: Sell :one
-- Sell turns what an order holds into what it bought, in one statement. It
-- returns no row where the order holds nothing.
WITH sold AS (
    UPDATE reservations SET state = 'sold', updated_at = now()
    WHERE reservations.order_id = @order_id AND reservations.state = 'reserved'
    RETURNING *
), held AS (
    SELECT l.product_id, l.quantity FROM reservation_lines l JOIN sold ON sold.order_id = l.order_id
), locked AS MATERIALIZED (
    SELECT s.product_id FROM stock s
    WHERE s.product_id IN (SELECT held.product_id FROM held)
    ORDER BY s.product_id
    FOR NO KEY UPDATE
), gone AS (
    UPDATE stock
    SET on_hand = stock.on_hand - held.quantity, reserved = stock.reserved - held.quantity, updated_at = now()
    FROM held, (SELECT count(*) FROM locked) AS all_locked
    WHERE stock.product_id = held.product_id
)
SELECT * FROM sold;

-- name: HoldAgain :execrows
-- HoldAgain takes the units of an expired reservation, all lines or none; the
-- stock rows must be locked. It changes no row where there are too few.
WITH wanted AS (
    SELECT l.product_id, l.quantity FROM reservation_lines l WHERE l.order_id = @order_id
), verdict AS (
    SELECT count(*) = (SELECT count(*) FROM wanted) AS enough
    FROM wanted
    JOIN stock s ON s.product_id = wanted.product_id AND s.on_hand - s.reserved >= wanted.quantity
), held AS (
    UPDATE stock SET reserved = stock.reserved + wanted.quantity, updated_at = now()
    FROM wanted, verdict
    WHERE verdict.enough AND stock.product_id = wanted.product_id
)
UPDATE reservations r SET state = 'reserved', released_reason = NULL, updated_at = now()
FROM verdict
WHERE verdict.enough AND r.order_id = @order_id;

-- name: ReleaseReservation :one
UPDATE reservations SET state = 'released', released_reason = 'undone', updated_at = now()
WHERE order_id = @order_id
RETURNING *;

-- name: LockExpired :many
SELECT order_id FROM reservations
WHERE state = 'reserved' AND expires_at <= now()
ORDER BY expires_at
LIMIT @max_rows
FOR NO KEY UPDATE SKIP LOCKED;

-- name: ExpireReservations :exec
UPDATE reservations SET state = 'released', released_reason = 'expired', updated_at = now()
WHERE order_id = ANY(@order_ids::uuid[]);
