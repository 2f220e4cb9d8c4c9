-- name: CreateStock :execrows
INSERT INTO stock (product_id, on_hand)
VALUES (@product_id, 0)
ON CONFLICT (product_id) DO NOTHING;

-- name: LockOnHand :one
SELECT on_hand FROM stock WHERE product_id = @product_id FOR NO KEY UPDATE;

-- name: SetOnHand :one
UPDATE stock SET on_hand = @on_hand, updated_at = now()
WHERE product_id = @product_id
RETURNING *;

-- name: InsertAdjustment :exec
INSERT INTO adjustments (product_id, difference) VALUES (@product_id, @difference);

-- name: GetStock :one
SELECT * FROM stock WHERE product_id = @product_id;

-- name: ListStock :many
SELECT * FROM stock WHERE product_id = ANY(@product_ids::uuid[]);

-- name: LockStock :exec
-- LockStock locks in id order, so that no two orders wait for each other. It is
-- a statement of its own: only the next one sees what those left behind for whom
-- it waited.
SELECT 1 FROM stock
WHERE product_id = ANY(@product_ids::uuid[])
ORDER BY product_id
FOR NO KEY UPDATE;

-- name: LockStockOf :exec
-- LockStockOf is LockStock for the products that orders hold.
SELECT 1 FROM stock
WHERE product_id IN (SELECT l.product_id FROM reservation_lines l WHERE l.order_id = ANY(@order_ids::uuid[]))
ORDER BY product_id
FOR NO KEY UPDATE;

-- name: GiveBackStock :exec
UPDATE stock SET reserved = stock.reserved - held.quantity, updated_at = now()
FROM (
    SELECT l.product_id, sum(l.quantity)::bigint AS quantity
    FROM reservation_lines l
    WHERE l.order_id = ANY(@order_ids::uuid[])
    GROUP BY l.product_id
) held
WHERE stock.product_id = held.product_id;
