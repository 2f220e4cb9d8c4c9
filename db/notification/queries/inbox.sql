-- name: Receive :execrows
-- Receive keeps that an event has its effect in this transaction; no row: it has
-- had it. Of two at the same time one waits for the other.
INSERT INTO inbox (consumer, event_id) VALUES (@consumer, @event_id)
ON CONFLICT DO NOTHING;
