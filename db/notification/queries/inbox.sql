-- name: Receive :execrows
-- Receive keeps that an event has its effect in this transaction; no row: it has
-- had it. Of two at the same time one waits for the other.
INSERT INTO inbox (consumer, event_id) VALUES (@consumer, @event_id)
ON CONFLICT DO NOTHING;

-- name: ForgetEvents :execrows
-- ForgetEvents takes away that events were received long ago, of one consumer.
DELETE FROM inbox WHERE (consumer, event_id) IN (
    SELECT i.consumer, i.event_id FROM inbox i
    WHERE i.consumer = @consumer AND i.received_at < now() - sqlc.arg(age)::interval
    ORDER BY i.received_at LIMIT sqlc.arg(batch) FOR UPDATE SKIP LOCKED);
