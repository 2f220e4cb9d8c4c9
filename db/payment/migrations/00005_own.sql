-- +goose Up

-- A payment can be of no order: it is its own subject then, so that whatever is
-- keyed by order_id is keyed by the payment's id. Nobody else knows of it, so why
-- it did not come about stands here, and due_at is from when on somebody has to make
-- sure that its saga runs. One that is barred and was taken is on its way back.
ALTER TABLE payments
    ADD COLUMN own boolean NOT NULL DEFAULT false,
    ADD COLUMN action_expires_at timestamptz,
    ADD COLUMN failure_code text,
    ADD COLUMN failure_detail text,
    ADD COLUMN failure_step text,
    ADD COLUMN due_at timestamptz NOT NULL DEFAULT now(),
    ADD CONSTRAINT payments_own_is_its_subject CHECK (own = (order_id = id)),
    ADD CONSTRAINT payments_failure_is_own CHECK (own OR failure_code IS NULL),
    ADD CONSTRAINT payments_failure_whole CHECK (
        (failure_code IS NULL) = (failure_detail IS NULL) AND (failure_code IS NULL) = (failure_step IS NULL));
COMMENT ON TABLE payments IS 'One row an order, or a payment of its own; amounts in minor units. A voided row without an amount is a tombstone: the void came before the authorization. barred: a void was asked for, so nothing may be authorized or captured any more.';
CREATE INDEX payments_left ON payments (due_at, id) WHERE own AND failure_code IS NULL AND (barred OR status NOT IN ('captured', 'refunded'));

ALTER TABLE payment_refunds
    ADD COLUMN reason text NOT NULL DEFAULT '',
    ADD COLUMN caller text NOT NULL DEFAULT '',
    ADD COLUMN due_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX payment_refunds_left ON payment_refunds (due_at, id) WHERE status = 'requested' AND caller <> '';

-- +goose Down
DROP INDEX payment_refunds_left, payments_left;
ALTER TABLE payment_refunds DROP COLUMN due_at, DROP COLUMN caller, DROP COLUMN reason;
ALTER TABLE payments
    DROP COLUMN own, DROP COLUMN action_expires_at, DROP COLUMN failure_code, DROP COLUMN failure_detail, DROP COLUMN failure_step, DROP COLUMN due_at;
