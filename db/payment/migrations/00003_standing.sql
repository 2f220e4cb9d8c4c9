-- +goose Up

-- Payments that are not decided, and those whose money was taken, by when they
-- changed.
CREATE INDEX payments_holding ON payments (updated_at DESC, id DESC) WHERE status IN ('initiated', 'requires_action', 'authorized');
CREATE INDEX payments_taken ON payments (updated_at DESC, id DESC) WHERE status IN ('captured', 'refunded');

-- +goose Down
DROP INDEX payments_taken, payments_holding;
