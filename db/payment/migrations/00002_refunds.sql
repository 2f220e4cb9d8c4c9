-- +goose Up

-- Refunding is the amount of the refunds that the provider has not decided:
-- set aside before it is called, so that refunds never exceed the capture.
ALTER TABLE payments
    ADD COLUMN refunding bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT payments_refunding_not_negative CHECK (refunding >= 0),
    ADD CONSTRAINT payments_refunds_within_captured CHECK (refunding <= captured - refunded);

CREATE TABLE payment_refunds (
    id               uuid CONSTRAINT payment_refunds_pkey PRIMARY KEY,
    order_id         uuid NOT NULL CONSTRAINT payment_refunds_order_id_fkey REFERENCES payments (order_id),
    amount           bigint NOT NULL,
    request_hash     bytea NOT NULL,
    provider_key     text NOT NULL,
    provider_refund  text,
    status           text NOT NULL,
    refusal_code     text,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT payment_refunds_provider_refund_once UNIQUE (provider_refund),
    CONSTRAINT payment_refunds_amount_positive CHECK (amount > 0 OR status = 'failed' AND amount = 0),
    CONSTRAINT payment_refunds_status_known CHECK (status IN ('requested', 'done', 'failed')),
    CONSTRAINT payment_refunds_refusal_code_given CHECK ((status = 'failed') = (refusal_code IS NOT NULL)),
    CONSTRAINT payment_refunds_done_is_known CHECK (status <> 'done' OR provider_refund IS NOT NULL)
);
COMMENT ON TABLE payment_refunds IS 'The intent to refund, committed before the provider is called, and what came of it. For each payment, refunding is the sum of those requested and refunded the sum of those done. Failed: refused for good, at once or by the provider.';
CREATE INDEX payment_refunds_of_order ON payment_refunds (order_id, created_at, id);

-- A payment can be refunded in parts: a transaction of the ledger for each.
-- A refund is in payment_refunds, no longer an operation of the order.
ALTER TABLE ledger_transactions
    ADD COLUMN refund_id uuid CONSTRAINT ledger_transactions_refund_id_fkey REFERENCES payment_refunds (id),
    DROP CONSTRAINT ledger_transactions_once,
    ADD CONSTRAINT ledger_transactions_once UNIQUE NULLS NOT DISTINCT (payment_id, kind, refund_id),
    ADD CONSTRAINT ledger_transactions_refund_given CHECK ((kind = 'refund') = (refund_id IS NOT NULL));

-- +goose Down
ALTER TABLE ledger_transactions
    DROP CONSTRAINT ledger_transactions_refund_given,
    DROP CONSTRAINT ledger_transactions_once,
    DROP COLUMN refund_id,
    ADD CONSTRAINT ledger_transactions_once UNIQUE (payment_id, kind);
DROP TABLE payment_refunds;
ALTER TABLE payments DROP COLUMN refunding;
