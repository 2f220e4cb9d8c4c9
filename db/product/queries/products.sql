-- name: PutProduct :one
INSERT INTO products (id, name, description, category, base_price, currency, searched)
VALUES (@id, @name, @description, @category, @base_price, @currency, @searched)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, description = excluded.description, category = excluded.category,
    base_price = excluded.base_price, currency = excluded.currency, searched = excluded.searched,
    version = products.version + 1, updated_at = now()
RETURNING *;

-- name: CreateProduct :one
-- CreateProduct leaves a product that is there as it is: the update changes
-- nothing, and is what makes it return the row. Only such a row has an xmax.
INSERT INTO products (id, name, description, category, base_price, currency, searched)
VALUES (@id, @name, @description, @category, @base_price, @currency, @searched)
ON CONFLICT (id) DO UPDATE SET id = products.id
RETURNING sqlc.embed(products), (xmax = 0)::boolean AS created;

-- name: GetProduct :one
SELECT * FROM products WHERE id = $1;

-- name: ListProducts :many
SELECT * FROM products
WHERE (sqlc.narg(category)::text IS NULL OR category = sqlc.narg(category)::text)
  AND (sqlc.narg(pattern)::text IS NULL OR searched LIKE sqlc.narg(pattern)::text)
  AND (created_at, id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_id)::uuid)
ORDER BY created_at DESC, id DESC
LIMIT sqlc.arg(page_limit);

-- name: DeleteProduct :execrows
DELETE FROM products WHERE id = $1;
