-- +goose Up

-- Stock counts the units of each product. Sold units have left on_hand.
--
-- What holds at every moment, for each product, in one statement:
--   reserved = sum of reservation_lines.quantity whose reservation is 'reserved'
--   sum of adjustments.difference = on_hand + sum of the quantity of the lines
--   whose reservation is 'sold'
CREATE TABLE stock (
    product_id uuid CONSTRAINT stock_pkey PRIMARY KEY,
    on_hand    bigint NOT NULL,
    reserved   bigint NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now(),
    -- the largest integer that every JSON reader keeps exact
    CONSTRAINT stock_on_hand_exact CHECK (on_hand <= 9007199254740991),
    CONSTRAINT stock_reserved_within_on_hand CHECK (reserved BETWEEN 0 AND on_hand)
);

-- Adjustments is append-only: by how much each setting of on_hand changed it,
-- the first one from nothing included.
CREATE TABLE adjustments (
    id         bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT adjustments_pkey PRIMARY KEY,
    product_id uuid NOT NULL CONSTRAINT adjustments_product_id_fkey REFERENCES stock,
    difference bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT adjustments_difference_some CHECK (difference <> 0)
);

-- Reservations has one row an order, for good: the barrier that makes
-- reserving, releasing and committing safe in any sequence and number.
--
--   reserved                      its lines are held
--   sold                          its lines have left on_hand
--   released, 'undone'            given back for good; without request_hash it
--                                 is a tombstone: released before reserved
--   released, 'expired'           given back by the clock; may still be sold
--   rejected                      refused for good, with the code; no lines
CREATE TABLE reservations (
    order_id        uuid CONSTRAINT reservations_pkey PRIMARY KEY,
    state           text NOT NULL,
    request_hash    bytea,
    refusal_code    text,
    released_reason text,
    expires_at      timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reservations_state_known CHECK (state IN ('reserved', 'sold', 'released', 'rejected')),
    CONSTRAINT reservations_refusal_code_known CHECK (refusal_code IN ('insufficient_stock')),
    CONSTRAINT reservations_refusal_code_given CHECK ((state = 'rejected') = (refusal_code IS NOT NULL)),
    CONSTRAINT reservations_released_reason_known CHECK (released_reason IN ('undone', 'expired')),
    CONSTRAINT reservations_released_reason_given CHECK ((state = 'released') = (released_reason IS NOT NULL)),
    CONSTRAINT reservations_tombstone CHECK (request_hash IS NOT NULL OR released_reason IS NOT DISTINCT FROM 'undone'),
    CONSTRAINT reservations_expires_at_given CHECK ((request_hash IS NULL) = (expires_at IS NULL))
);

-- What the clock has to look at.
CREATE INDEX reservations_expiring ON reservations (expires_at) WHERE state = 'reserved';

-- Reservation_lines is what a reservation holds, held or sold: one row a
-- product, the request's lines of it added up.
CREATE TABLE reservation_lines (
    order_id   uuid NOT NULL CONSTRAINT reservation_lines_order_id_fkey REFERENCES reservations,
    product_id uuid NOT NULL CONSTRAINT reservation_lines_product_id_fkey REFERENCES stock,
    quantity   bigint NOT NULL,
    CONSTRAINT reservation_lines_pkey PRIMARY KEY (order_id, product_id),
    CONSTRAINT reservation_lines_quantity_positive CHECK (quantity > 0)
);

-- +goose Down
DROP TABLE reservation_lines;
DROP TABLE reservations;
DROP TABLE adjustments;
DROP TABLE stock;
