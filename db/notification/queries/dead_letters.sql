-- name: Bury :execrows
-- Bury keeps a record once, however often it is read.
INSERT INTO dead_letters (id, consumer, topic, partition, record_offset, key, value, event_id, type, code, detail)
VALUES (@id, @consumer, @topic, @partition, @record_offset, @key, @value, @event_id, @type, @code, @detail)
ON CONFLICT ON CONSTRAINT dead_letters_once DO NOTHING;

-- name: ListDeadLetters :many
SELECT sqlc.embed(d),
    coalesce((SELECT jsonb_agg(jsonb_build_object('id', r.id, 'reason', r.reason, 'by', r.requested_by, 'at', r.requested_at,
            'outcome', coalesce(r.outcome, ''), 'code', r.code, 'ended_at', r.ended_at) ORDER BY r.requested_at, r.id)
        FROM dead_letter_replays r WHERE r.dead_letter_id = d.id), '[]')::jsonb AS replays
FROM dead_letters d
WHERE (sqlc.narg(state)::text IS NULL OR d.state = sqlc.narg(state))
  AND (d.created_at, d.id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_id)::uuid)
ORDER BY d.created_at DESC, d.id DESC
LIMIT sqlc.arg(page_limit);

-- name: GetDeadLetter :one
SELECT sqlc.embed(d),
    coalesce((SELECT jsonb_agg(jsonb_build_object('id', r.id, 'reason', r.reason, 'by', r.requested_by, 'at', r.requested_at,
            'outcome', coalesce(r.outcome, ''), 'code', r.code, 'ended_at', r.ended_at) ORDER BY r.requested_at, r.id)
        FROM dead_letter_replays r WHERE r.dead_letter_id = d.id), '[]')::jsonb AS replays
FROM dead_letters d
WHERE d.id = @id;

-- name: LockDeadLetter :one
SELECT * FROM dead_letters WHERE id = @id FOR NO KEY UPDATE;

-- name: FindReplay :one
SELECT * FROM dead_letter_replays WHERE id = @id;

-- name: RequestReplay :exec
WITH requested AS (
    INSERT INTO dead_letter_replays (id, dead_letter_id, reason, requested_by) VALUES (@id, @dead_letter_id, @reason, @requested_by)
    RETURNING dead_letter_id
)
UPDATE dead_letters d SET state = 'replaying', updated_at = now()
FROM requested r WHERE d.id = r.dead_letter_id;

-- name: ReplaysLeft :many
SELECT r.id AS replay_id, d.topic, d.partition, d.record_offset, d.key, d.value
FROM dead_letter_replays r JOIN dead_letters d ON d.id = r.dead_letter_id
WHERE d.consumer = @consumer AND d.state = 'replaying' AND r.ended_at IS NULL
ORDER BY r.requested_at, r.id
LIMIT @most;

-- name: EndReplay :exec
-- EndReplay keeps how a replay ended, once; only that it was done counts also after
-- another said that it failed. The letter is what its last replay leaves it as; of one
-- that has ended nobody needs the record.
WITH was AS (
    SELECT r.id, r.dead_letter_id, r.ended_at IS NULL AS open FROM dead_letter_replays r
    WHERE r.id = @id AND (r.ended_at IS NULL OR sqlc.arg(outcome)::text = 'done' AND r.outcome = 'failed' AND r.code <> sqlc.arg(dismissed)::text)
    FOR UPDATE
), ended AS (
    UPDATE dead_letter_replays l SET ended_at = now(), outcome = @outcome, code = @code FROM was w WHERE l.id = w.id
)
UPDATE dead_letters d SET state = CASE WHEN @outcome = 'done' THEN 'replayed' ELSE 'dead' END, updated_at = now(),
    key = CASE WHEN @outcome = 'done' THEN '' ELSE d.key END, value = CASE WHEN @outcome = 'done' THEN '' ELSE d.value END
FROM was w WHERE d.id = w.dead_letter_id AND d.state = CASE WHEN w.open THEN 'replaying' ELSE 'dead' END;

-- name: DismissDeadLetter :exec
-- DismissDeadLetter ends a replay that nobody has ended.
WITH given_up AS (
    UPDATE dead_letter_replays l SET ended_at = now(), outcome = 'failed', code = @code
    WHERE l.dead_letter_id = @id AND l.ended_at IS NULL
)
UPDATE dead_letters d SET state = 'dismissed', dismissal = sqlc.arg(dismissal)::uuid, dismissed_for = @reason, dismissed_by = @dismissed_by,
    dismissed_at = now(), updated_at = now(), key = '', value = ''
WHERE d.id = @id;

-- name: CountDead :one
SELECT count(*) FROM dead_letters WHERE consumer = @consumer AND state IN ('dead', 'replaying');

-- name: ForgetDeadLetters :execrows
-- ForgetDeadLetters takes away those that ended long ago, with their replays.
DELETE FROM dead_letters WHERE id IN (
    SELECT d.id FROM dead_letters d
    WHERE d.state IN ('replayed', 'dismissed') AND d.updated_at < now() - sqlc.arg(age)::interval
    ORDER BY d.updated_at LIMIT sqlc.arg(batch) FOR UPDATE SKIP LOCKED);
