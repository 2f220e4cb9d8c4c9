-- name: UpdateUser :one
UPDATE users
SET email = @email, name = @name, locale = @locale, status = @status, version = version + 1, updated_at = now()
WHERE id = @id AND version = @version
RETURNING *;

-- name: CreateUser :one
-- CreateUser leaves a user that is there as it is: the update changes nothing,
-- and is what makes it return the row. Only such a row has an xmax.
INSERT INTO users (id, email, name, locale, status) VALUES (@id, @email, @name, @locale, @status)
ON CONFLICT (id) DO UPDATE SET id = users.id
RETURNING sqlc.embed(users), (xmax = 0)::boolean AS created;

-- name: GetUser :one
SELECT * FROM users WHERE id = $1;

-- name: ListUsers :many
SELECT * FROM users
WHERE (created_at, id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_id)::uuid)
ORDER BY created_at DESC, id DESC
LIMIT sqlc.arg(page_limit);

-- name: DeleteUser :execrows
DELETE FROM users WHERE id = @id AND (@version::bigint = 0 OR version = @version);
