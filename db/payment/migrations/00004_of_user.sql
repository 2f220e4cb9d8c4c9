-- +goose Up

-- A user's own payments, newest first.
CREATE INDEX payments_of_user ON payments (user_id, created_at DESC, id DESC);

-- +goose Down
DROP INDEX payments_of_user;
