-- name: CreateKey :one
-- CreateKey leaves a key that is there as it is: the update changes nothing, and
-- is what makes it return the row. Only such a row has an xmax.
INSERT INTO api_keys (id, hash, name, role, user_id, scopes, expires_at, created_by)
VALUES (@id, @hash, @name, @role, sqlc.narg(user_id), @scopes, sqlc.narg(expires_at), @created_by)
ON CONFLICT (id) DO UPDATE SET id = api_keys.id
RETURNING sqlc.embed(api_keys), (xmax = 0)::boolean AS created;

-- name: FindKey :one
SELECT * FROM api_keys WHERE hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now());

-- name: ListKeys :many
SELECT * FROM api_keys
WHERE (created_at, id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_id)::uuid)
ORDER BY created_at DESC, id DESC
LIMIT sqlc.arg(page_limit);

-- name: RevokeKey :one
UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()), revoked_by = coalesce(revoked_by, sqlc.arg(revoked_by)::text)
WHERE id = sqlc.arg(id)
RETURNING *;
