-- name: AddNotification :execrows
-- AddNotification keeps one that is to be sent; of news that is too old for that, that
-- there was some. One that is there already stays as it is.
INSERT INTO notifications (id, event_id, type, channel, user_id, order_id, payment_id, happened_at, amount, currency, cause, status, reason)
SELECT @id, @event_id, @type, @channel, @user_id, sqlc.narg(order_id), sqlc.narg(payment_id), @happened_at,
    CASE WHEN NOT old THEN sqlc.narg(amount)::bigint END, CASE WHEN NOT old THEN sqlc.narg(currency)::text END, CASE WHEN old THEN '' ELSE @cause::text END,
    CASE WHEN old THEN 'skipped' ELSE 'pending' END, CASE WHEN old THEN @old_reason::text ELSE '' END
FROM (SELECT sqlc.arg(happened_at)::timestamptz < now() - sqlc.arg(stale_after)::interval AS old) age
ON CONFLICT ON CONSTRAINT notifications_once DO NOTHING;

-- name: EraseUser :exec
-- EraseUser takes away what a user was told, and tells nothing more. One that is
-- being sent at this moment is left to whoever sends it.
UPDATE notifications
SET status = CASE status WHEN 'pending' THEN 'skipped' ELSE status END,
    reason = CASE status WHEN 'pending' THEN @reason::text ELSE reason END,
    subject = '', locale = '', amount = NULL, currency = NULL, cause = '', erased_at = now(), updated_at = now()
WHERE user_id = @user_id AND erased_at IS NULL;

-- name: ClaimNotification :one
-- ClaimNotification gives the one that is due for the longest time to its caller
-- alone, until the lease is over. It is overtaken where it tells how an order stood
-- before something else happened to it that there is a notification of.
UPDATE notifications
SET status = 'sending', attempts = attempts + 1, due_at = now() + sqlc.arg(lease)::interval, updated_at = now()
WHERE id = (
    SELECT n.id FROM notifications n
    WHERE n.status IN ('pending', 'sending') AND n.due_at <= now()
    ORDER BY n.due_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED)
RETURNING sqlc.embed(notifications), (type LIKE 'order.%' AND EXISTS (
    SELECT 1 FROM notifications later
    WHERE later.order_id = notifications.order_id AND later.type LIKE 'order.%' AND later.happened_at > notifications.happened_at))::boolean AS overtaken;

-- name: SettleNotification :execrows
-- SettleNotification changes no row of one that was claimed again meanwhile. What
-- was erased meanwhile stays erased, and is not tried again. One that ends keeps nothing
-- that was needed to write it; where its user is gone it is erased.
UPDATE notifications
SET status = CASE WHEN erased_at IS NOT NULL AND @status::text = 'pending' THEN 'skipped' ELSE @status END,
    reason = CASE WHEN erased_at IS NOT NULL AND @status = 'pending' THEN @erased_reason::text ELSE @reason::text END,
    locale = CASE WHEN erased_at IS NULL THEN @locale::text ELSE '' END,
    subject = CASE WHEN erased_at IS NULL THEN @subject::text ELSE '' END,
    amount = CASE WHEN @status = 'pending' THEN amount END,
    currency = CASE WHEN @status = 'pending' THEN currency END,
    cause = CASE WHEN @status = 'pending' THEN cause ELSE '' END,
    erased_at = CASE WHEN erased_at IS NULL AND @status = 'skipped' AND @reason = @erased_reason THEN now() ELSE erased_at END,
    due_at = now() + sqlc.arg(again)::interval,
    sent_at = CASE @status WHEN 'sent' THEN now() END,
    updated_at = now()
WHERE id = @id AND status = 'sending' AND attempts = @attempt;

-- name: ListNotifications :many
SELECT * FROM notifications
WHERE (sqlc.narg(user_id)::uuid IS NULL OR user_id = sqlc.narg(user_id))
  AND (created_at, id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_id)::uuid)
ORDER BY created_at DESC, id DESC
LIMIT sqlc.arg(page_limit);

-- name: WaitingNotifications :one
SELECT count(*) AS waiting, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS oldest
FROM notifications
WHERE status IN ('pending', 'sending');

-- name: ForgetNotifications :execrows
-- ForgetNotifications takes away what ended long ago.
DELETE FROM notifications WHERE id IN (
    SELECT n.id FROM notifications n
    WHERE n.status IN ('sent', 'failed', 'skipped') AND n.updated_at < now() - sqlc.arg(age)::interval
    ORDER BY n.updated_at LIMIT sqlc.arg(batch) FOR UPDATE SKIP LOCKED);
