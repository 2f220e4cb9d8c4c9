-- +goose Up
CREATE TABLE orders (
    id               uuid PRIMARY KEY,
    user_id          uuid NOT NULL,
    status           text NOT NULL,
    currency         text NOT NULL DEFAULT '',
    payment_method   text NOT NULL,
    item_count       integer NOT NULL,
    total_amount     bigint,
    total_currency   text,
    payment_id       uuid,
    failure_code     text,
    failure_detail   text,
    failure_step     text,
    action_type      text,
    action_url       text,
    action_expires   timestamptz,
    saga_state       text NOT NULL,
    saga_started_at  timestamptz,
    version          bigint NOT NULL DEFAULT 1,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT orders_status_known CHECK (status IN
        ('pending', 'awaiting_payment', 'confirmed', 'rejected', 'cancelled', 'failed', 'refunded')),
    CONSTRAINT orders_saga_state_known CHECK (saga_state IN
        ('running', 'waiting', 'compensating', 'parked', 'completed', 'compensated')),
    CONSTRAINT orders_item_count_range CHECK (item_count BETWEEN 1 AND 100),
    CONSTRAINT orders_total_whole CHECK ((total_amount IS NULL) = (total_currency IS NULL)),
    CONSTRAINT orders_total_not_negative CHECK (total_amount >= 0),
    CONSTRAINT orders_confirmed_is_priced CHECK (status NOT IN ('confirmed', 'refunded') OR total_amount IS NOT NULL)
);
COMMENT ON TABLE orders IS 'One row an order. saga_started_at is set only for orders whose start somebody had to look after.';

CREATE INDEX orders_newest ON orders (created_at DESC, id DESC);
CREATE INDEX orders_of_user ON orders (user_id, created_at DESC, id DESC);
CREATE INDEX orders_unstarted ON orders (created_at, id) WHERE status = 'pending' AND saga_started_at IS NULL;

CREATE TABLE order_items (
    order_id    uuid NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    position    integer NOT NULL,
    product_id  uuid NOT NULL,
    quantity    bigint NOT NULL,
    unit_price  bigint,
    total       bigint,
    PRIMARY KEY (order_id, position),
    CONSTRAINT order_items_position_range CHECK (position BETWEEN 1 AND 100),
    CONSTRAINT order_items_quantity_positive CHECK (quantity > 0),
    CONSTRAINT order_items_price_whole CHECK ((unit_price IS NULL) = (total IS NULL)),
    CONSTRAINT order_items_price_not_negative CHECK (unit_price >= 0 AND total >= 0)
);
COMMENT ON TABLE order_items IS 'The lines of an order, in its sequence; prices are minor units of the order''s total_currency.';

CREATE TABLE idempotency_keys (
    caller        text NOT NULL,
    key           text NOT NULL,
    request_hash  bytea NOT NULL,
    order_id      uuid NOT NULL REFERENCES orders (id),
    created_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT idempotency_keys_once PRIMARY KEY (caller, key)
);

CREATE TABLE outbox (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    aggregate_id  uuid NOT NULL,
    version       bigint NOT NULL,
    type          text NOT NULL,
    payload       jsonb NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    published_at  timestamptz,
    CONSTRAINT outbox_once UNIQUE (aggregate_id, version)
);
CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL;

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

-- The state machine, for whoever writes past the service: every order begins
-- pending, legal transitions only, what ended stays, and a version without a
-- gap for each change.
-- +goose StatementBegin
CREATE FUNCTION orders_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'pending' OR NEW.version <> 1 THEN
            RAISE EXCEPTION 'order cannot begin as % with version %', NEW.status, NEW.version
                USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_begin_pending';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.status <> OLD.status AND NOT (
        (OLD.status = 'pending' AND NEW.status IN ('awaiting_payment', 'confirmed', 'rejected', 'cancelled', 'failed')) OR
        (OLD.status = 'awaiting_payment' AND NEW.status IN ('confirmed', 'rejected', 'cancelled', 'failed')) OR
        (OLD.status = 'confirmed' AND NEW.status = 'refunded')
    ) THEN
        RAISE EXCEPTION 'order cannot go from % to %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_transition_legal';
    END IF;
    IF NEW.version <> OLD.version + (CASE WHEN NEW.status <> OLD.status THEN 1 ELSE 0 END) THEN
        RAISE EXCEPTION 'order version cannot go from % to %', OLD.version, NEW.version
            USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_version_without_gap';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER orders_guard BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION orders_guard();

-- +goose Down
DROP TABLE outbox, idempotency_keys, order_items, orders;
DROP FUNCTION orders_guard, public_id;
