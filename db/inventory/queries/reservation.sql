-- name: ClaimReservation :one
-- ClaimReservation returns no row where the order already has a reservation of
-- any state; it waits for one that is being written.
INSERT INTO reservations (order_id, state, request_hash, expires_at)
VALUES (@order_id, 'reserved', @request_hash, now() + @ttl::interval)
ON CONFLICT (order_id) DO NOTHING
RETURNING *;

-- name: ClaimTombstone :one
-- ClaimTombstone is ClaimReservation for a release.
INSERT INTO reservations (order_id, state, released_reason)
VALUES (@order_id, 'released', 'undone')
ON CONFLICT (order_id) DO NOTHING
RETURNING *;

-- name: LockReservation :one
SELECT * FROM reservations WHERE order_id = @order_id FOR NO KEY UPDATE;

-- name: GetReservation :one
SELECT * FROM reservations WHERE order_id = @order_id;

-- name: InsertLines :exec
INSERT INTO reservation_lines (order_id, product_id, quantity)
SELECT @order_id::uuid, unnest(@product_ids::uuid[]), unnest(@quantities::bigint[]);

-- name: ListLines :many
SELECT product_id, quantity FROM reservation_lines WHERE order_id = @order_id ORDER BY product_id;

-- name: RejectReservation :one
UPDATE reservations SET state = 'rejected', refusal_code = @refusal_code::text, updated_at = now()
WHERE order_id = @order_id
RETURNING *;

-- name: SellReservation :one
UPDATE reservations SET state = 'sold', released_reason = NULL, updated_at = now()
WHERE order_id = @order_id
RETURNING *;

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
