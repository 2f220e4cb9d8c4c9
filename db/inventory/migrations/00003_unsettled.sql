-- +goose Up

-- Reservations that no saga has settled yet: still held, or taken back by the
-- clock alone.
CREATE INDEX reservations_unsettled ON reservations (updated_at DESC, order_id DESC)
    WHERE state = 'reserved' OR released_reason = 'expired';

-- +goose Down
DROP INDEX reservations_unsettled;
