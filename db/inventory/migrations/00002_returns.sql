-- +goose Up

-- Returns puts sold units back on hand: one row a refund, for good, the barrier
-- that makes returning safe in any sequence and number.
--
-- What holds from here on, for each product, in one statement:
--   reserved = sum of reservation_lines.quantity whose reservation is 'reserved'
--   sum of adjustments.difference = on_hand + sold - returned, where sold is the
--   sum of reservation_lines.quantity whose reservation is 'sold' and returned
--   is the sum of return_lines.quantity
-- and for each line of a reservation:
--   returned = sum of the return_lines.quantity of its order and product, which
--   is 0 unless its reservation is 'sold'
CREATE TABLE returns (
    refund_id    uuid CONSTRAINT returns_pkey PRIMARY KEY,
    order_id     uuid NOT NULL CONSTRAINT returns_order_id_fkey REFERENCES reservations,
    request_hash bytea NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT returns_of_order UNIQUE (order_id, refund_id)
);

-- Returned is how many units of a line are on hand again.
ALTER TABLE reservation_lines ADD COLUMN returned bigint NOT NULL DEFAULT 0
    CONSTRAINT reservation_lines_returned_within_quantity CHECK (returned BETWEEN 0 AND quantity);

-- Return_lines is what came back with a refund: one row a product, the request's
-- lines of it added up. It may only be what the refund's order had.
CREATE TABLE return_lines (
    refund_id  uuid NOT NULL,
    order_id   uuid NOT NULL,
    product_id uuid NOT NULL,
    quantity   bigint NOT NULL,
    CONSTRAINT return_lines_pkey PRIMARY KEY (refund_id, product_id),
    CONSTRAINT return_lines_refund_id_fkey FOREIGN KEY (order_id, refund_id) REFERENCES returns (order_id, refund_id),
    CONSTRAINT return_lines_product_id_fkey FOREIGN KEY (order_id, product_id) REFERENCES reservation_lines (order_id, product_id),
    CONSTRAINT return_lines_quantity_positive CHECK (quantity > 0)
);
CREATE INDEX return_lines_of_line ON return_lines (order_id, product_id);

-- +goose Down
DROP TABLE return_lines;
ALTER TABLE reservation_lines DROP COLUMN returned;
DROP TABLE returns;
