-- +goose Up

-- What the relay needs: the trace that an event belongs to.
ALTER TABLE outbox ADD COLUMN traceparent text;
-- What was published leaves dead entries in the index of what was not, which each look
-- at it passes.
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000);

-- +goose Down
ALTER TABLE outbox RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold,
    autovacuum_analyze_scale_factor, autovacuum_analyze_threshold);
ALTER TABLE outbox DROP COLUMN traceparent;
