-- +goose Up
CREATE TABLE payments (
    id               uuid PRIMARY KEY,
    order_id         uuid NOT NULL,
    user_id          uuid,
    amount           bigint,
    currency         text,
    method           text,
    request_hash     bytea,
    status           text NOT NULL,
    barred           boolean NOT NULL DEFAULT false,
    provider_intent  text,
    captured         bigint NOT NULL DEFAULT 0,
    refunded         bigint NOT NULL DEFAULT 0,
    decline_code     text NOT NULL DEFAULT '',
    action_url       text NOT NULL DEFAULT '',
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT payments_one_an_order UNIQUE (order_id),
    CONSTRAINT payments_intent_once UNIQUE (provider_intent),
    CONSTRAINT payments_status_known CHECK (status IN
        ('initiated', 'requires_action', 'authorized', 'captured', 'voided', 'declined', 'refunded')),
    CONSTRAINT payments_whole CHECK (status = 'voided' OR
        (user_id IS NOT NULL AND amount IS NOT NULL AND currency IS NOT NULL AND method IS NOT NULL AND request_hash IS NOT NULL)),
    CONSTRAINT payments_amount_positive CHECK (amount > 0),
    CONSTRAINT payments_captured_within_amount CHECK (captured BETWEEN 0 AND coalesce(amount, 0)),
    CONSTRAINT payments_refunded_within_captured CHECK (refunded BETWEEN 0 AND captured)
);
COMMENT ON TABLE payments IS 'One row an order, amounts in minor units. A voided row without an amount is a tombstone: the void came before the authorization. barred: a void was asked for, so nothing may be authorized or captured any more.';
CREATE INDEX payments_newest ON payments (created_at DESC, id DESC);

CREATE TABLE payment_operations (
    order_id      uuid NOT NULL REFERENCES payments (order_id),
    operation     text NOT NULL,
    provider_key  text NOT NULL,
    keys_spent    integer NOT NULL DEFAULT 0,
    outcome       text,
    started_at    timestamptz NOT NULL DEFAULT now(),
    finished_at   timestamptz,
    CONSTRAINT payment_operations_once PRIMARY KEY (order_id, operation),
    CONSTRAINT payment_operations_known CHECK (operation IN ('authorize', 'void', 'capture', 'refund'))
);
COMMENT ON TABLE payment_operations IS 'The intent to call the provider, committed before the call; outcome is what came of it. keys_spent counts the idempotency keys under which the provider only repeats its own failure.';

CREATE TABLE ledger_transactions (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id  uuid NOT NULL REFERENCES payments (id),
    order_id    uuid NOT NULL,
    kind        text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ledger_transactions_once UNIQUE (payment_id, kind),
    CONSTRAINT ledger_transactions_kind_known CHECK (kind IN ('authorize', 'void', 'capture', 'refund'))
);
COMMENT ON TABLE ledger_transactions IS 'One transaction for each effect at the provider.';

CREATE TABLE ledger_entries (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transaction_id  bigint NOT NULL REFERENCES ledger_transactions (id),
    account         text NOT NULL,
    amount          bigint NOT NULL,
    currency        text NOT NULL,
    CONSTRAINT ledger_entries_not_zero CHECK (amount <> 0)
);
COMMENT ON TABLE ledger_entries IS 'Double entry in minor units: accounts customer, authorized, captured; every transaction sums to zero in each currency.';
CREATE INDEX ledger_entries_of_transaction ON ledger_entries (transaction_id);

-- +goose StatementBegin
CREATE FUNCTION ledger_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    txn bigint := CASE TG_TABLE_NAME WHEN 'ledger_entries' THEN (to_jsonb(NEW) ->> 'transaction_id')::bigint ELSE NEW.id END;
BEGIN
    IF NOT EXISTS (SELECT FROM ledger_entries WHERE transaction_id = txn)
        OR EXISTS (SELECT FROM ledger_entries WHERE transaction_id = txn GROUP BY currency HAVING sum(amount) <> 0) THEN
        RAISE EXCEPTION 'ledger transaction % does not sum to zero', txn
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_balanced';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_append_only';
END
$$;
-- +goose StatementEnd

CREATE CONSTRAINT TRIGGER ledger_entries_balanced AFTER INSERT ON ledger_entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balanced();
CREATE CONSTRAINT TRIGGER ledger_transactions_balanced AFTER INSERT ON ledger_transactions
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balanced();
CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER ledger_transactions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transactions
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();

CREATE TABLE webhook_events (
    id           text PRIMARY KEY,
    type         text NOT NULL,
    order_id     uuid,
    received_at  timestamptz NOT NULL DEFAULT now()
);

-- +goose Down
DROP TABLE webhook_events, ledger_entries, ledger_transactions, payment_operations, payments;
DROP FUNCTION ledger_balanced, ledger_append_only;
