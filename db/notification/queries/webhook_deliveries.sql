-- name: QueueWebhooks :execrows
-- QueueWebhooks makes a delivery for each of the endpoints that is still there and has
-- none of the event: @ids are the deliveries', in their order. One for an endpoint that
-- is disabled has failed, and can be asked for.
INSERT INTO webhook_deliveries (id, endpoint_id, event_id, event_type, body, status, last_reason, next_attempt_at)
SELECT wanted.id, e.id, @event_id, @event_type, @body,
    CASE e.status WHEN 'enabled' THEN 'pending' ELSE 'failed' END, CASE e.status WHEN 'enabled' THEN '' ELSE @disabled::text END,
    CASE e.status WHEN 'enabled' THEN now() END
FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id, unnest(sqlc.arg(endpoint_ids)::uuid[]) AS endpoint_id) wanted
JOIN webhook_endpoints e ON e.id = wanted.endpoint_id AND e.deleted_at IS NULL
ON CONFLICT ON CONSTRAINT webhook_deliveries_once DO NOTHING;

-- name: GetWebhookDelivery :one
SELECT sqlc.embed(d), sqlc.embed(e)
FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id AND e.deleted_at IS NULL
WHERE d.id = $1;

-- name: ListWebhookDeliveries :many
SELECT * FROM webhook_deliveries
WHERE endpoint_id = @endpoint_id AND (@status::text = '' OR status = @status)
    AND (created_at, id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_id)::uuid)
ORDER BY created_at DESC, id DESC
LIMIT sqlc.arg(page_limit);

-- name: ClaimWebhooks :many
-- ClaimWebhooks gives deliveries whose run was not started, or is overdue, to its caller
-- alone: a run may have been cut off, and so may who claimed it. What was never started
-- comes first: of the overdue there may be many.
UPDATE webhook_deliveries SET started_at = now() WHERE id IN (
    SELECT d.id FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id AND e.deleted_at IS NULL
    WHERE d.status = 'pending' AND d.next_attempt_at <= now()
        AND (d.started_at IS NULL OR greatest(d.started_at, d.next_attempt_at) < now() - sqlc.arg(overdue)::interval)
    ORDER BY d.started_at IS NOT NULL, d.next_attempt_at
    LIMIT sqlc.arg(batch)
    FOR UPDATE OF d SKIP LOCKED)
RETURNING *;

-- name: KeepWebhookStarted :exec
-- KeepWebhookStarted keeps that the run of a round goes on though its attempt is late,
-- now and then.
UPDATE webhook_deliveries SET started_at = now()
WHERE id = @id AND round = @round AND status = 'pending' AND started_at < now() - sqlc.arg(since)::interval;

-- name: ReleaseWebhook :exec
UPDATE webhook_deliveries SET started_at = NULL WHERE id = @id AND round = @round;

-- name: RecordWebhookAttempt :one
-- RecordWebhookAttempt keeps what came of an attempt. What was delivered stays so, and
-- no attempt of an earlier round ends a later one, unless it was taken. next is how
-- long until the next one; null: there is none.
UPDATE webhook_deliveries SET
    attempts = attempts + sqlc.arg(sent)::integer,
    last_status = sqlc.narg(last_status), last_reason = @last_reason, last_attempt_at = now(), updated_at = now(),
    status = CASE WHEN sqlc.arg(delivered)::boolean OR status = 'delivered' THEN 'delivered'
        WHEN round = @round AND sqlc.narg(next)::interval IS NULL THEN 'failed' ELSE status END,
    next_attempt_at = CASE WHEN sqlc.arg(delivered)::boolean OR status <> 'pending' THEN NULL
        WHEN round = @round THEN now() + sqlc.narg(next)::interval ELSE next_attempt_at END
WHERE id = @id
RETURNING *;

-- name: LockWebhookDelivery :one
SELECT * FROM webhook_deliveries WHERE id = @id AND endpoint_id = @endpoint_id FOR UPDATE;

-- name: KeepRedelivery :execrows
-- KeepRedelivery tells none of one that has had its effect.
INSERT INTO webhook_redeliveries (delivery_id, id) VALUES (@delivery_id, @id)
ON CONFLICT ON CONSTRAINT webhook_redeliveries_once DO NOTHING;

-- name: RedeliverWebhook :one
-- RedeliverWebhook begins another round.
UPDATE webhook_deliveries
SET round = round + 1, status = 'pending', next_attempt_at = now(), started_at = NULL, updated_at = now()
WHERE id = @id
RETURNING *;

-- name: WaitingWebhooks :one
SELECT count(*) AS waiting, greatest(coalesce(extract(epoch FROM now() - min(next_attempt_at)), 0), 0)::float8 AS oldest
FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id AND e.deleted_at IS NULL
WHERE d.status = 'pending';

-- name: ForgetWebhooks :execrows
DELETE FROM webhook_deliveries WHERE id IN (
    SELECT d.id FROM webhook_deliveries d WHERE d.status <> 'pending' AND d.updated_at < now() - sqlc.arg(age)::interval
    ORDER BY d.updated_at LIMIT sqlc.arg(batch));

-- name: ForgetDeletedWebhooks :execrows
-- ForgetDeletedWebhooks removes deliveries of endpoints that were deleted, however they
-- stand.
DELETE FROM webhook_deliveries WHERE id IN (
    SELECT d.id FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id
    WHERE e.deleted_at IS NOT NULL LIMIT sqlc.arg(batch));
