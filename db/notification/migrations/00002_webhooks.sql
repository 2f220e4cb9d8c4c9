-- +goose Up

-- Where integrators want to be told of events. Owner is who made it: a principal of
-- the front door. One that was deleted is seen by nobody, and forgotten bit by bit.
CREATE TABLE webhook_endpoints (
    id           uuid CONSTRAINT webhook_endpoints_pkey PRIMARY KEY,
    owner        text NOT NULL,
    url          text NOT NULL,
    description  text NOT NULL,
    event_types  text[] NOT NULL,
    status       text NOT NULL DEFAULT 'enabled',
    reason       text NOT NULL DEFAULT '',
    version      bigint NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    deleted_at   timestamptz,
    CONSTRAINT webhook_endpoints_owner_given CHECK (owner <> ''),
    CONSTRAINT webhook_endpoints_url_given CHECK (url <> ''),
    CONSTRAINT webhook_endpoints_types_given CHECK (cardinality(event_types) > 0),
    CONSTRAINT webhook_endpoints_status_known CHECK (status IN ('enabled', 'disabled')),
    CONSTRAINT webhook_endpoints_reason_of_disabled CHECK ((status = 'disabled') = (reason <> ''))
);
CREATE INDEX webhook_endpoints_newest ON webhook_endpoints (created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX webhook_endpoints_of_owner ON webhook_endpoints (owner, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX webhook_endpoints_of_type ON webhook_endpoints USING gin (event_types) WHERE deleted_at IS NULL;
CREATE INDEX webhook_endpoints_deleted ON webhook_endpoints (deleted_at) WHERE deleted_at IS NOT NULL;

-- What deliveries are signed with, sealed with the key of that name. Each signs until
-- it ends; of an endpoint one has no end. Of one that has ended no more is kept than
-- that it was.
CREATE TABLE webhook_secrets (
    id           uuid CONSTRAINT webhook_secrets_pkey PRIMARY KEY,
    endpoint_id  uuid NOT NULL CONSTRAINT webhook_secrets_endpoint_known REFERENCES webhook_endpoints ON DELETE CASCADE,
    sealed       bytea NOT NULL,
    key_id       text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    ends_at      timestamptz,
    CONSTRAINT webhook_secrets_sealed_by CHECK (key_id <> '')
);
CREATE INDEX webhook_secrets_of_endpoint ON webhook_secrets (endpoint_id, created_at DESC);
CREATE UNIQUE INDEX webhook_secrets_one_current ON webhook_secrets (endpoint_id) WHERE ends_at IS NULL;

-- An event for an endpoint: one, however often the event comes. Round counts who
-- asked for it: the event, then every redelivery. Started_at is when somebody last took
-- it upon themselves to start the run of the round.
CREATE TABLE webhook_deliveries (
    id               uuid CONSTRAINT webhook_deliveries_pkey PRIMARY KEY,
    endpoint_id      uuid NOT NULL CONSTRAINT webhook_deliveries_endpoint_known REFERENCES webhook_endpoints ON DELETE CASCADE,
    event_id         text NOT NULL,
    event_type       text NOT NULL,
    body             bytea NOT NULL,
    status           text NOT NULL DEFAULT 'pending',
    round            integer NOT NULL DEFAULT 1,
    attempts         integer NOT NULL DEFAULT 0,
    last_status      integer,
    last_reason      text NOT NULL DEFAULT '',
    last_attempt_at  timestamptz,
    next_attempt_at  timestamptz DEFAULT now(),
    started_at       timestamptz,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT webhook_deliveries_once UNIQUE (endpoint_id, event_id),
    CONSTRAINT webhook_deliveries_status_known CHECK (status IN ('pending', 'delivered', 'failed')),
    CONSTRAINT webhook_deliveries_counts CHECK (round > 0 AND attempts >= 0),
    CONSTRAINT webhook_deliveries_next_of_pending CHECK ((status = 'pending') = (next_attempt_at IS NOT NULL)),
    CONSTRAINT webhook_deliveries_failed_why CHECK (status <> 'failed' OR last_reason <> '')
);
CREATE INDEX webhook_deliveries_newest ON webhook_deliveries (endpoint_id, created_at DESC, id DESC);
CREATE INDEX webhook_deliveries_of_status ON webhook_deliveries (endpoint_id, status, created_at DESC, id DESC);
CREATE INDEX webhook_deliveries_left ON webhook_deliveries (next_attempt_at) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (updated_at) WHERE status <> 'pending';

-- Which redeliveries have had their effect.
CREATE TABLE webhook_redeliveries (
    delivery_id  uuid NOT NULL CONSTRAINT webhook_redeliveries_delivery_known REFERENCES webhook_deliveries ON DELETE CASCADE,
    id           uuid NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT webhook_redeliveries_once PRIMARY KEY (delivery_id, id)
);

-- +goose Down
DROP TABLE webhook_redeliveries, webhook_deliveries, webhook_secrets, webhook_endpoints;
