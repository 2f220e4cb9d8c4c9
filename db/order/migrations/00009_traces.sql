-- +goose Up

-- An event belongs to the trace that its transaction was told of (SET LOCAL
-- skald.traceparent), and to none where it was told of none: a setting that was
-- once made in a session is an empty text afterwards.
ALTER TABLE outbox ALTER COLUMN traceparent SET DEFAULT nullif(current_setting('skald.traceparent', true), '');

-- +goose Down
ALTER TABLE outbox ALTER COLUMN traceparent DROP DEFAULT;
