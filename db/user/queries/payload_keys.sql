-- name: LivePayloadKey :one
SELECT * FROM payload_keys WHERE user_id = $1 AND doomed_at IS NULL;

-- name: KeepPayloadKey :exec
-- KeepPayloadKey keeps the first key of a user who is there, and holds off whoever
-- deletes that user until it is kept.
INSERT INTO payload_keys (id, user_id, wrapped, wrapped_by)
SELECT @id, u.id, @wrapped::bytea, @wrapped_by FROM users u WHERE u.id = @user_id FOR KEY SHARE
ON CONFLICT DO NOTHING;

-- name: FindPayloadKey :one
SELECT * FROM payload_keys WHERE id = $1;

-- name: DoomedPayloadKeys :many
SELECT * FROM payload_keys
WHERE doomed_at < now() - sqlc.arg(age)::interval AND erased_at IS NULL AND id > sqlc.arg(after)
ORDER BY id
LIMIT sqlc.arg(page_limit);

-- name: OldestDoomedPayloadKey :one
-- OldestDoomedPayloadKey is how many seconds ago that was doomed; 0 where none is.
SELECT coalesce(extract(epoch FROM now() - min(doomed_at)), 0)::float8 AS seconds
FROM payload_keys WHERE doomed_at IS NOT NULL AND erased_at IS NULL;

-- name: ErasePayloadKey :execrows
-- ErasePayloadKey counts a key that is erased already.
UPDATE payload_keys SET wrapped = NULL, erased_at = coalesce(erased_at, now())
WHERE id = $1 AND doomed_at IS NOT NULL;

-- name: PayloadKeysNotBy :many
SELECT * FROM payload_keys
WHERE wrapped_by <> @wrapped_by AND erased_at IS NULL AND id > sqlc.arg(after)
ORDER BY id
LIMIT sqlc.arg(page_limit);

-- name: RewrapPayloadKey :exec
UPDATE payload_keys SET wrapped = @wrapped::bytea, wrapped_by = @wrapped_by
WHERE id = @id AND wrapped_by = @was AND erased_at IS NULL;
