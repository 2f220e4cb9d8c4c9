-- name: PutUser :one
INSERT INTO users (id, email, name, locale, status) VALUES (@id, @email, @name, @locale, @status)
ON CONFLICT (id) DO UPDATE SET
    email = excluded.email, name = excluded.name, locale = excluded.locale, status = excluded.status,
    version = users.version + 1, updated_at = now()
RETURNING *;

-- name: GetUser :one
SELECT * FROM users WHERE id = $1;

-- name: ListUsers :many
SELECT * FROM users
WHERE (created_at, id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_id)::uuid)
ORDER BY created_at DESC, id DESC
LIMIT sqlc.arg(page_limit);

-- name: DeleteUser :execrows
DELETE FROM users WHERE id = $1;
