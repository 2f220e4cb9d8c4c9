-- +goose Up

-- What happened, for the relay to publish. A trigger writes each event in the
-- transaction of its change, so that there is no way to change without one.
CREATE TABLE outbox (
    id            bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT outbox_pkey PRIMARY KEY,
    aggregate_id  uuid NOT NULL,
    version       bigint NOT NULL,
    type          text NOT NULL,
    payload       jsonb NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    published_at  timestamptz,
    traceparent   text,
    CONSTRAINT outbox_once UNIQUE (aggregate_id, version)
);
CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL;
-- What was published leaves dead entries in that index, which each look at it passes.
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000);

-- An id as the outside sees it: a TypeID, which is the prefix and the UUID in
-- Crockford's base 32. Events are written here and read outside.
-- +goose StatementBegin
CREATE FUNCTION public_id(prefix text, id uuid) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    bits   bit(130) := B'00' || ('x' || replace(id::text, '-', ''))::bit(128);
    result text := prefix || '_';
BEGIN
    FOR i IN 0..25 LOOP
        result := result || substr('0123456789abcdefghjkmnpqrstvwxyz', substring(bits FROM i * 5 + 1 FOR 5)::bit(5)::integer + 1, 1);
    END LOOP;
    RETURN result;
END
$$;
-- +goose StatementEnd

-- The next event of an aggregate, whose row must be locked: versions have no gap,
-- not even where something is deleted and made again.
-- +goose StatementBegin
CREATE FUNCTION emit(aggregate uuid, type text, payload jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO outbox (aggregate_id, version, type, payload)
    SELECT $1, coalesce(max(version), 0) + 1, $2, jsonb_strip_nulls($3) || jsonb_build_object('version', coalesce(max(version), 0) + 1)
    FROM outbox WHERE aggregate_id = $1
$$;
-- +goose StatementEnd

-- Everything that happens to a payment but what only the provider's own bookkeeping
-- needs. Where the customer confirms it is no part of the event: whoever has that
-- address can act as the customer.
-- +goose StatementBegin
CREATE FUNCTION payments_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM emit(NEW.id, 'payment.' || CASE NEW.status WHEN 'requires_action' THEN 'action_required' ELSE NEW.status END, jsonb_build_object(
        'payment_id', public_id('pay', NEW.id), 'order_id', CASE WHEN NOT NEW.own THEN public_id('ord', NEW.order_id) END,
        'user_id', public_id('usr', NEW.user_id), 'status', NEW.status, 'reason', coalesce(NEW.failure_code, nullif(NEW.decline_code, '')),
        'amount', CASE WHEN NEW.amount IS NOT NULL THEN jsonb_build_object('amount', NEW.amount, 'currency', NEW.currency) END));
    RETURN NULL;
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION payment_refunds_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM emit(NEW.id, 'payment_refund.' || NEW.status, jsonb_build_object(
        'refund_id', public_id('rfd', NEW.id), 'payment_id', public_id('pay', p.id),
        'order_id', CASE WHEN NOT p.own THEN public_id('ord', p.order_id) END,
        'user_id', public_id('usr', p.user_id), 'status', NEW.status, 'reason', NEW.refusal_code,
        'amount', jsonb_build_object('amount', NEW.amount, 'currency', p.currency)))
    FROM payments p WHERE p.order_id = NEW.order_id;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER payment_refunds_begun AFTER INSERT ON payment_refunds FOR EACH ROW EXECUTE FUNCTION payment_refunds_event();
CREATE TRIGGER payment_refunds_moved AFTER UPDATE ON payment_refunds
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION payment_refunds_event();
-- Last, as a refund writes payments last: the locks of both are taken in one order.
CREATE TRIGGER payments_begun AFTER INSERT ON payments FOR EACH ROW EXECUTE FUNCTION payments_event();
CREATE TRIGGER payments_moved AFTER UPDATE ON payments FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION payments_event();

-- +goose Down
DROP TRIGGER payment_refunds_begun ON payment_refunds;
DROP TRIGGER payment_refunds_moved ON payment_refunds;
DROP TRIGGER payments_begun ON payments;
DROP TRIGGER payments_moved ON payments;
DROP FUNCTION payment_refunds_event, payments_event, emit, public_id;
DROP TABLE outbox;
