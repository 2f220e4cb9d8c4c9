-- +goose Up
CREATE TABLE users (
    id          uuid PRIMARY KEY,
    email       text NOT NULL,
    name        text NOT NULL,
    locale      text NOT NULL,
    status      text NOT NULL,
    version     bigint NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_status_known CHECK (status IN ('active', 'suspended'))
);
CREATE UNIQUE INDEX users_email_once ON users (lower(email));
CREATE INDEX users_newest ON users (created_at DESC, id DESC);

-- +goose Down
DROP TABLE users;
