-- +goose Up

-- Why the refund of a cancellation was refused, where it was: then nobody drives
-- it any more, until the customer asks again.
ALTER TABLE orders
    ADD COLUMN cancel_refusal text,
    ADD CONSTRAINT orders_cancel_refusal_of_request CHECK (cancel_refusal IS NULL OR cancel_requested_at IS NOT NULL);
DROP INDEX orders_cancelling;
CREATE INDEX orders_cancelling ON orders (cancel_requested_at, id)
    WHERE cancel_requested_at IS NOT NULL AND cancel_refusal IS NULL AND status IN ('pending', 'awaiting_payment', 'confirmed');

-- +goose Down
DROP INDEX orders_cancelling;
ALTER TABLE orders DROP COLUMN cancel_refusal;
CREATE INDEX orders_cancelling ON orders (cancel_requested_at, id)
    WHERE cancel_requested_at IS NOT NULL AND status IN ('pending', 'awaiting_payment', 'confirmed');
