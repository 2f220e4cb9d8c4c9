-- The outbox as every service has it, for the queries of the relay. Each service's
-- migrations make its own; a test compares them.
CREATE TABLE outbox (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    aggregate_id  uuid NOT NULL,
    version       bigint NOT NULL,
    type          text NOT NULL,
    payload       jsonb NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    published_at  timestamptz,
    traceparent   text DEFAULT nullif(current_setting('skald.traceparent', true), ''),
    CONSTRAINT outbox_once UNIQUE (aggregate_id, version)
);
