-- name: UpdateProduct :one
UPDATE products
SET name = @name, description = @description, category = @category, base_price = @base_price, currency = @currency,
    searched = @searched, version = version + 1, updated_at = now()
WHERE id = @id AND version = @version
RETURNING *;

-- name: RepriceProduct :exec
UPDATE products
SET base_price = @base_price, currency = @currency, version = version + 1, updated_at = now()
WHERE id = @id AND (base_price, currency) IS DISTINCT FROM (@base_price, @currency);

-- name: CreateProduct :one
-- CreateProduct leaves a product that is there as it is: the update changes
-- nothing, and is what makes it return the row. Only such a row has an xmax.
INSERT INTO products (id, name, description, category, base_price, currency, searched)
VALUES (@id, @name, @description, @category, @base_price, @currency, @searched)
ON CONFLICT (id) DO UPDATE SET id = products.id
RETURNING sqlc.embed(products), (xmax = 0)::boolean AS created;

-- name: GetProduct :one
SELECT * FROM products WHERE id = $1;

-- name: ListNewest :many
SELECT * FROM products
WHERE (created_at, id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_id)::uuid)
  AND base_price >= @min_base
  AND (sqlc.narg(category)::text IS NULL OR category = sqlc.narg(category)::text)
  AND (sqlc.narg(pattern)::text IS NULL OR searched LIKE sqlc.narg(pattern)::text)
ORDER BY created_at DESC, id DESC
LIMIT sqlc.arg(page_limit);

-- name: ListByName :many
SELECT * FROM products
WHERE (lower(name) COLLATE "C", id) > (lower(sqlc.arg(after_name)::text) COLLATE "C", sqlc.arg(after_id)::uuid)
  AND base_price >= @min_base
  AND (sqlc.narg(category)::text IS NULL OR category = sqlc.narg(category)::text)
  AND (sqlc.narg(pattern)::text IS NULL OR searched LIKE sqlc.narg(pattern)::text)
ORDER BY lower(name) COLLATE "C", id
LIMIT sqlc.arg(page_limit);

-- name: ListCheapest :many
SELECT * FROM products
WHERE (base_price, id) > (sqlc.arg(after_price)::bigint, sqlc.arg(after_id)::uuid)
  AND base_price >= @min_base
  AND (sqlc.narg(category)::text IS NULL OR category = sqlc.narg(category)::text)
  AND (sqlc.narg(pattern)::text IS NULL OR searched LIKE sqlc.narg(pattern)::text)
ORDER BY base_price, id
LIMIT sqlc.arg(page_limit);

-- name: ListPriciest :many
SELECT * FROM products
WHERE (base_price, id) < (sqlc.arg(before_price)::bigint, sqlc.arg(before_id)::uuid)
  AND base_price >= @min_base
  AND (sqlc.narg(category)::text IS NULL OR category = sqlc.narg(category)::text)
  AND (sqlc.narg(pattern)::text IS NULL OR searched LIKE sqlc.narg(pattern)::text)
ORDER BY base_price DESC, id DESC
LIMIT sqlc.arg(page_limit);

-- name: DeleteProduct :execrows
DELETE FROM products WHERE id = @id AND (@version::bigint = 0 OR version = @version);
