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

-- +goose StatementBegin
CREATE FUNCTION reservations_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM emit(NEW.order_id, 'reservation.' || NEW.state, jsonb_build_object(
        'order_id', public_id('ord', NEW.order_id), 'status', NEW.state, 'reason', coalesce(NEW.refusal_code, NEW.released_reason),
        'items', (SELECT jsonb_agg(jsonb_build_object('product_id', public_id('prd', l.product_id), 'quantity', l.quantity) ORDER BY l.product_id)
            FROM reservation_lines l WHERE l.order_id = NEW.order_id)));
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER reservations_begun AFTER INSERT ON reservations FOR EACH ROW EXECUTE FUNCTION reservations_event();
CREATE TRIGGER reservations_moved AFTER UPDATE ON reservations
    FOR EACH ROW WHEN ((OLD.state, OLD.released_reason) IS DISTINCT FROM (NEW.state, NEW.released_reason)) EXECUTE FUNCTION reservations_event();

-- +goose StatementBegin
CREATE FUNCTION returns_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM emit(NEW.refund_id, 'return.made', jsonb_build_object(
        'refund_id', public_id('rfd', NEW.refund_id), 'order_id', public_id('ord', NEW.order_id),
        'items', (SELECT jsonb_agg(jsonb_build_object('product_id', public_id('prd', l.product_id), 'quantity', l.quantity) ORDER BY l.product_id)
            FROM return_lines l WHERE l.refund_id = NEW.refund_id)));
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER returns_made AFTER INSERT ON returns FOR EACH ROW EXECUTE FUNCTION returns_event();

-- Stock as somebody set it. What reservations and returns do to it is theirs to tell.
-- +goose StatementBegin
CREATE FUNCTION adjustments_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM emit(NEW.product_id, 'stock.set', jsonb_build_object(
        'product_id', public_id('prd', NEW.product_id), 'on_hand', s.on_hand, 'difference', NEW.difference))
    FROM stock s WHERE s.product_id = NEW.product_id;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER adjustments_made AFTER INSERT ON adjustments FOR EACH ROW EXECUTE FUNCTION adjustments_event();

-- +goose Down
DROP TRIGGER adjustments_made ON adjustments;
DROP TRIGGER returns_made ON returns;
DROP TRIGGER reservations_begun ON reservations;
DROP TRIGGER reservations_moved ON reservations;
DROP FUNCTION adjustments_event, returns_event, reservations_event, emit, public_id;
DROP TABLE outbox;
