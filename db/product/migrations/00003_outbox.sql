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
CREATE FUNCTION products_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    it products := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    PERFORM emit(it.id, 'product.' || CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'UPDATE' THEN 'changed' ELSE 'deleted' END, jsonb_build_object(
        'product_id', public_id('prd', it.id), 'base_price', jsonb_build_object('amount', it.base_price, 'currency', it.currency)));
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER products_made_or_gone AFTER INSERT OR DELETE ON products FOR EACH ROW EXECUTE FUNCTION products_event();
CREATE TRIGGER products_changed AFTER UPDATE ON products
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION products_event();

-- +goose Down
DROP TRIGGER products_changed ON products;
DROP TRIGGER products_made_or_gone ON products;
DROP FUNCTION products_event, emit, public_id;
DROP TABLE outbox;
