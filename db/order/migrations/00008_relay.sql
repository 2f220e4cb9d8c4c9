-- +goose Up

-- What the relay needs: the trace that an event belongs to, and which of an
-- aggregate's events come first.
ALTER TABLE outbox ADD COLUMN traceparent text;
CREATE INDEX outbox_left ON outbox (aggregate_id, version) WHERE published_at IS NULL;

-- +goose Down
DROP INDEX outbox_left;
ALTER TABLE outbox DROP COLUMN traceparent;
