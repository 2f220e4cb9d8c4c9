-- +goose Up

-- Which events have had their effect, of each consumer of this database: kept in
-- the transaction of the effect, so that an event that comes again has none.
CREATE TABLE inbox (
    consumer     text NOT NULL,
    event_id     text NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT inbox_once PRIMARY KEY (consumer, event_id)
);
CREATE INDEX inbox_oldest ON inbox (received_at);

-- What customers are told. Their addresses are not kept: who is told, and in which
-- language, is asked for when it is sent. Happened_at is the event's time. Due_at is
-- when a pending one is tried, and when one that is being sent is taken for lost and
-- sent again. Amount, currency and cause go when it has ended.
CREATE TABLE notifications (
    id          uuid CONSTRAINT notifications_pkey PRIMARY KEY,
    event_id    text NOT NULL,
    type        text NOT NULL,
    channel     text NOT NULL,
    user_id     uuid NOT NULL,
    order_id    uuid,
    payment_id  uuid,
    amount      bigint,
    currency    text,
    cause       text NOT NULL,
    happened_at timestamptz NOT NULL,
    status      text NOT NULL DEFAULT 'pending',
    reason      text NOT NULL DEFAULT '',
    attempts    integer NOT NULL DEFAULT 0,
    due_at      timestamptz NOT NULL DEFAULT now(),
    locale      text NOT NULL DEFAULT '',
    subject     text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    sent_at     timestamptz,
    erased_at   timestamptz,
    CONSTRAINT notifications_once UNIQUE (event_id, channel),
    CONSTRAINT notifications_channel_known CHECK (channel = 'email'),
    CONSTRAINT notifications_status_known CHECK (status IN ('pending', 'sending', 'sent', 'failed', 'skipped')),
    CONSTRAINT notifications_sent_at_given CHECK ((status = 'sent') = (sent_at IS NOT NULL)),
    CONSTRAINT notifications_reason_given CHECK (status NOT IN ('failed', 'skipped') OR reason <> ''),
    CONSTRAINT notifications_amount_whole CHECK ((amount IS NULL) = (currency IS NULL)),
    CONSTRAINT notifications_erased CHECK (erased_at IS NULL OR (subject = '' AND locale = '' AND amount IS NULL AND status <> 'pending'))
);
CREATE INDEX notifications_newest ON notifications (created_at DESC, id DESC);
CREATE INDEX notifications_of_user ON notifications (user_id, created_at DESC, id DESC);
CREATE INDEX notifications_of_order ON notifications (order_id, happened_at);
CREATE INDEX notifications_due ON notifications (due_at) WHERE status IN ('pending', 'sending');
CREATE INDEX notifications_ended ON notifications (updated_at) WHERE status IN ('sent', 'failed', 'skipped');

-- Records that no consumer could deal with, as they were: listed for operators, who
-- may have them dealt with again, or dismiss them: who did, and why, is kept. One a
-- place in its topic. Key and value go when it has ended.
CREATE TABLE dead_letters (
    id             uuid CONSTRAINT dead_letters_pkey PRIMARY KEY,
    consumer       text NOT NULL,
    topic          text NOT NULL,
    partition      integer NOT NULL,
    record_offset  bigint NOT NULL,
    key            bytea NOT NULL,
    value          bytea NOT NULL,
    event_id       text NOT NULL,
    type           text NOT NULL,
    code           text NOT NULL,
    detail         text NOT NULL,
    state          text NOT NULL DEFAULT 'dead',
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    dismissal      uuid CONSTRAINT dead_letters_dismissal_once UNIQUE,
    dismissed_for  text NOT NULL DEFAULT '',
    dismissed_by   text NOT NULL DEFAULT '',
    dismissed_at   timestamptz,
    CONSTRAINT dead_letters_once UNIQUE (consumer, topic, partition, record_offset),
    CONSTRAINT dead_letters_state_known CHECK (state IN ('dead', 'replaying', 'replayed', 'dismissed')),
    CONSTRAINT dead_letters_dismissal_told CHECK ((state = 'dismissed') = (dismissal IS NOT NULL)
        AND (state = 'dismissed') = (dismissed_for <> '' AND dismissed_by <> '' AND dismissed_at IS NOT NULL)),
    CONSTRAINT dead_letters_ended_empty CHECK (state NOT IN ('replayed', 'dismissed') OR (key = '' AND value = '')),
    CONSTRAINT dead_letters_code_given CHECK (code <> '')
);
CREATE INDEX dead_letters_newest ON dead_letters (created_at DESC, id DESC);
CREATE INDEX dead_letters_ended ON dead_letters (updated_at) WHERE state IN ('replayed', 'dismissed');
CREATE INDEX dead_letters_replaying ON dead_letters (consumer, updated_at) WHERE state = 'replaying';

-- Who wanted a dead letter dealt with again, why, and what came of it.
CREATE TABLE dead_letter_replays (
    id              uuid CONSTRAINT dead_letter_replays_pkey PRIMARY KEY,
    dead_letter_id  uuid NOT NULL CONSTRAINT dead_letter_replays_letter_known REFERENCES dead_letters ON DELETE CASCADE,
    reason          text NOT NULL,
    requested_by    text NOT NULL,
    requested_at    timestamptz NOT NULL DEFAULT now(),
    ended_at        timestamptz,
    outcome         text,
    code            text NOT NULL DEFAULT '',
    CONSTRAINT dead_letter_replays_reason_given CHECK (reason <> '' AND requested_by <> ''),
    CONSTRAINT dead_letter_replays_outcome_known CHECK (outcome IN ('done', 'failed')),
    CONSTRAINT dead_letter_replays_ended CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX dead_letter_replays_of_letter ON dead_letter_replays (dead_letter_id, requested_at);
CREATE UNIQUE INDEX dead_letter_replays_one_at_a_time ON dead_letter_replays (dead_letter_id) WHERE ended_at IS NULL;

-- +goose Down
DROP TABLE dead_letter_replays, dead_letters, notifications, inbox;
