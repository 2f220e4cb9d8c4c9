-- +goose Up

-- What a saga recorded last, so that a late attempt never overwrites it: the
-- saga's own clock, which only grows.
ALTER TABLE orders ADD COLUMN saga_seq bigint NOT NULL DEFAULT 0;

-- Where the customer confirms a payment is the payment service's to tell.
ALTER TABLE orders DROP COLUMN action_url;

-- +goose Down
ALTER TABLE orders ADD COLUMN action_url text;
ALTER TABLE orders DROP COLUMN saga_seq;
