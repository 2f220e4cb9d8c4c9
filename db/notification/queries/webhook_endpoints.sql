-- name: CreateWebhookEndpoint :one
-- CreateWebhookEndpoint leaves an endpoint that is there as it is: the update changes
-- nothing, and is what makes it return the row. Only such a row has an xmax.
INSERT INTO webhook_endpoints (id, owner, url, description, event_types)
VALUES (@id, @owner, @url, @description, @event_types)
ON CONFLICT (id) DO UPDATE SET id = webhook_endpoints.id
RETURNING sqlc.embed(webhook_endpoints), (xmax = 0)::boolean AS created;

-- name: LockOwner :exec
-- LockOwner lets one at a time make endpoints of an owner.
SELECT pg_advisory_xact_lock(hashtextextended(@owner::text, 0));

-- name: CountWebhookEndpoints :one
SELECT count(*) FROM webhook_endpoints WHERE deleted_at IS NULL AND owner = @owner;

-- name: GetWebhookEndpoint :one
-- Owner: whose it must be; empty: anybody's.
SELECT * FROM webhook_endpoints WHERE id = @id AND deleted_at IS NULL AND (@owner::text = '' OR owner = @owner);

-- name: LockWebhookEndpoint :one
SELECT * FROM webhook_endpoints WHERE id = @id AND deleted_at IS NULL AND (@owner::text = '' OR owner = @owner) FOR UPDATE;

-- name: ListWebhookEndpoints :many
SELECT * FROM webhook_endpoints
WHERE deleted_at IS NULL AND (@owner::text = '' OR owner = @owner) AND (created_at, id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_id)::uuid)
ORDER BY created_at DESC, id DESC
LIMIT sqlc.arg(page_limit);

-- name: UpdateWebhookEndpoint :one
UPDATE webhook_endpoints
SET url = @url, description = @description, event_types = @event_types, status = @status, reason = @reason,
    version = version + 1, updated_at = now()
WHERE id = @id AND deleted_at IS NULL AND (@owner::text = '' OR owner = @owner) AND version = @version
RETURNING *;

-- name: DisableWebhookEndpoint :exec
UPDATE webhook_endpoints SET status = 'disabled', reason = @reason, version = version + 1, updated_at = now()
WHERE id = @id AND status = 'enabled';

-- name: DeleteWebhookEndpoint :execrows
-- DeleteWebhookEndpoint hides an endpoint; ForgetWebhookEndpoints removes it.
UPDATE webhook_endpoints SET deleted_at = now()
WHERE id = @id AND deleted_at IS NULL AND (@owner::text = '' OR owner = @owner) AND (@version::bigint = 0 OR version = @version);

-- name: ForgetWebhookEndpoints :execrows
-- ForgetWebhookEndpoints removes what was deleted so long ago and has no deliveries any
-- more, with its secrets.
DELETE FROM webhook_endpoints WHERE id IN (
    SELECT e.id FROM webhook_endpoints e
    WHERE e.deleted_at < now() - sqlc.arg(age)::interval AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.endpoint_id = e.id)
    ORDER BY e.deleted_at LIMIT sqlc.arg(batch));

-- name: CreateWebhookSecret :exec
INSERT INTO webhook_secrets (id, endpoint_id, sealed, key_id) VALUES (@id, @endpoint_id, @sealed, @key_id);

-- name: FindWebhookSecret :one
SELECT sqlc.embed(webhook_secrets), (ends_at IS NOT NULL AND ends_at <= now())::boolean AS ended FROM webhook_secrets WHERE id = @id AND endpoint_id = @endpoint_id;

-- name: LiveWebhookSecrets :many
-- LiveWebhookSecrets are those that sign, the newest first.
SELECT * FROM webhook_secrets WHERE endpoint_id = $1 AND (ends_at IS NULL OR ends_at > now())
ORDER BY ends_at DESC NULLS FIRST, id DESC;

-- name: EmptyWebhookSecrets :execrows
-- EmptyWebhookSecrets forgets what has ended, itself or with its endpoint; that it was
-- there is kept, so that who asks for it again is told.
UPDATE webhook_secrets SET sealed = '' WHERE id IN (
    SELECT s.id FROM webhook_secrets s JOIN webhook_endpoints e ON e.id = s.endpoint_id
    WHERE (s.ends_at <= now() OR e.deleted_at IS NOT NULL) AND s.sealed <> ''
    ORDER BY s.id LIMIT sqlc.arg(batch));

-- name: WebhookSecretsNotBy :many
-- WebhookSecretsNotBy are those that sign and are sealed with another key.
SELECT * FROM webhook_secrets WHERE key_id <> @key_id AND (ends_at IS NULL OR ends_at > now()) AND sealed <> '' ORDER BY id LIMIT sqlc.arg(batch);

-- name: ResealWebhookSecret :exec
UPDATE webhook_secrets SET sealed = @sealed, key_id = @key_id WHERE id = @id AND key_id = @was AND sealed <> '';

-- name: EndWebhookSecret :exec
-- EndWebhookSecret gives the current secret an end.
UPDATE webhook_secrets SET ends_at = now() + sqlc.arg(overlap)::interval WHERE endpoint_id = @endpoint_id AND ends_at IS NULL;

-- name: WebhookEndpointsFor :many
-- WebhookEndpointsFor are those that want an event: that were there when it happened,
-- or a little later, for clocks differ. Of what happened so long ago that a delivery of
-- it may be forgotten nobody is told.
SELECT id FROM webhook_endpoints
WHERE deleted_at IS NULL AND event_types @> ARRAY[sqlc.arg(event_type)::text]
    AND created_at - sqlc.arg(slack)::interval <= sqlc.arg(happened_at)::timestamptz
    AND sqlc.arg(happened_at) >= now() - sqlc.arg(age)::interval;
