-- name: SetPrice :one
-- SetPrice reports in created whether the row is new: only an updated row has
-- an xmax.
INSERT INTO prices (product_id, base_amount, currency, discount_basis_points, discount_starts_at, discount_ends_at)
VALUES (@product_id, @base_amount, @currency, @discount_basis_points, @discount_starts_at, @discount_ends_at)
ON CONFLICT (product_id) DO UPDATE
SET base_amount = excluded.base_amount,
    currency = excluded.currency,
    discount_basis_points = excluded.discount_basis_points,
    discount_starts_at = excluded.discount_starts_at,
    discount_ends_at = excluded.discount_ends_at,
    updated_at = now()
RETURNING sqlc.embed(prices), (xmax = 0)::boolean AS created,
    (discount_basis_points IS NOT NULL
        AND coalesce(discount_starts_at <= now(), true)
        AND coalesce(discount_ends_at > now(), true))::boolean AS discounted;

-- name: SetBase :one
INSERT INTO prices (product_id, base_amount, currency)
VALUES (@product_id, @base_amount, @currency)
ON CONFLICT (product_id) DO UPDATE
SET base_amount = excluded.base_amount, currency = excluded.currency, updated_at = now()
RETURNING sqlc.embed(prices),
    (discount_basis_points IS NOT NULL
        AND coalesce(discount_starts_at <= now(), true)
        AND coalesce(discount_ends_at > now(), true))::boolean AS discounted;

-- name: ListPrices :many
SELECT sqlc.embed(prices),
    (discount_basis_points IS NOT NULL
        AND coalesce(discount_starts_at <= now(), true)
        AND coalesce(discount_ends_at > now(), true))::boolean AS discounted
FROM prices
WHERE product_id = ANY(@product_ids::uuid[]);

-- name: DeletePrice :exec
DELETE FROM prices WHERE product_id = @product_id;
