-- +goose Up

-- The customer wants out of the order; recorded once, for whoever drives it.
ALTER TABLE orders
    ADD COLUMN cancel_requested_at timestamptz,
    ADD COLUMN cancel_reason       text,
    ADD CONSTRAINT orders_cancel_reason_given CHECK ((cancel_requested_at IS NULL) = (cancel_reason IS NULL));
CREATE INDEX orders_cancelling ON orders (cancel_requested_at, id)
    WHERE cancel_requested_at IS NOT NULL AND status IN ('pending', 'awaiting_payment', 'confirmed');

-- Refunds of a confirmed order, in minor units of its total_currency:
--
--   requested           its units and its amount are taken off what is left
--   done                given back
--   refused             never given back; without request_hash it is a
--                       tombstone: refused before it was requested
--
-- What holds at every moment, over the refunds that are not refused:
--   order_items.refunded_quantity and refunded_amount are the sums of the
--   item's order_refund_lines, and orders.refunded_amount is the sum of amount
-- and for each refund:
--   amount is the sum of its lines' amounts
-- Each version has its event in the outbox, with the refund as the aggregate:
-- an order's own version grows with its status alone.
CREATE TABLE order_refunds (
    id            uuid CONSTRAINT order_refunds_pkey PRIMARY KEY,
    order_id      uuid NOT NULL CONSTRAINT order_refunds_order_id_fkey REFERENCES orders (id),
    amount        bigint NOT NULL DEFAULT 0,
    reason        text NOT NULL DEFAULT '',
    caller        text NOT NULL DEFAULT '',
    request_hash  bytea,
    status        text NOT NULL,
    refusal_code  text,
    version       bigint NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT order_refunds_status_known CHECK (status IN ('requested', 'done', 'refused')),
    CONSTRAINT order_refunds_amount_not_negative CHECK (amount >= 0),
    CONSTRAINT order_refunds_tombstone CHECK (request_hash IS NOT NULL OR status = 'refused'),
    CONSTRAINT order_refunds_refusal_code_given CHECK ((status = 'refused') = (refusal_code IS NOT NULL))
);
CREATE INDEX order_refunds_of_order ON order_refunds (order_id, created_at, id);
CREATE INDEX order_refunds_unfinished ON order_refunds (created_at, id) WHERE status = 'requested';

CREATE TABLE order_refund_lines (
    refund_id  uuid NOT NULL CONSTRAINT order_refund_lines_refund_id_fkey REFERENCES order_refunds (id),
    order_id   uuid NOT NULL,
    position   integer NOT NULL,
    quantity   bigint NOT NULL,
    amount     bigint NOT NULL,
    CONSTRAINT order_refund_lines_pkey PRIMARY KEY (refund_id, position),
    CONSTRAINT order_refund_lines_item_fkey FOREIGN KEY (order_id, position) REFERENCES order_items (order_id, position),
    CONSTRAINT order_refund_lines_quantity_positive CHECK (quantity > 0),
    CONSTRAINT order_refund_lines_amount_not_negative CHECK (amount >= 0)
);
CREATE INDEX order_refund_lines_of_item ON order_refund_lines (order_id, position);

-- What refunds took, requested or done.
ALTER TABLE order_items
    ADD COLUMN refunded_quantity bigint NOT NULL DEFAULT 0,
    ADD COLUMN refunded_amount   bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT order_items_refunded_within_quantity CHECK (refunded_quantity BETWEEN 0 AND quantity),
    ADD CONSTRAINT order_items_refunded_amount_not_negative CHECK (refunded_amount >= 0);
ALTER TABLE orders
    ADD COLUMN refunded_amount bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT orders_total_refunded_at_most CHECK (refunded_amount BETWEEN 0 AND coalesce(total_amount, 0));

-- +goose StatementBegin
CREATE FUNCTION order_refunds_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status = 'done' OR NEW.version <> 1 THEN
            RAISE EXCEPTION 'refund cannot begin as % with version %', NEW.status, NEW.version
                USING ERRCODE = 'check_violation', CONSTRAINT = 'order_refunds_begin';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.status <> OLD.status AND OLD.status <> 'requested' THEN
        RAISE EXCEPTION 'refund cannot go from % to %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'order_refunds_transition_legal';
    END IF;
    IF NEW.version <> OLD.version + (CASE WHEN NEW.status <> OLD.status THEN 1 ELSE 0 END) THEN
        RAISE EXCEPTION 'refund version cannot go from % to %', OLD.version, NEW.version
            USING ERRCODE = 'check_violation', CONSTRAINT = 'order_refunds_version_without_gap';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER order_refunds_guard BEFORE INSERT OR UPDATE ON order_refunds
    FOR EACH ROW EXECUTE FUNCTION order_refunds_guard();

-- +goose Down
DROP TABLE order_refund_lines, order_refunds;
DROP FUNCTION order_refunds_guard;
ALTER TABLE orders
    DROP COLUMN refunded_amount,
    DROP COLUMN cancel_reason,
    DROP COLUMN cancel_requested_at;
ALTER TABLE order_items
    DROP COLUMN refunded_amount,
    DROP COLUMN refunded_quantity;
