-- +goose Up

-- Api_keys is who may ask the platform, and as whom. The keys themselves are not
-- kept: a hash of each, keyed with a secret that only gateways have.
CREATE TABLE api_keys (
    id         uuid CONSTRAINT api_keys_pkey PRIMARY KEY,
    hash       bytea NOT NULL CONSTRAINT api_keys_hash_once UNIQUE,
    name       text NOT NULL,
    role       text NOT NULL,
    user_id    uuid CONSTRAINT api_keys_user_known REFERENCES users ON DELETE CASCADE,
    scopes     text[] NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    revoked_by text,
    CONSTRAINT api_keys_hash_length CHECK (octet_length(hash) = 32),
    CONSTRAINT api_keys_role_known CHECK (role IN ('customer', 'operator', 'service')),
    CONSTRAINT api_keys_user_given CHECK ((role = 'customer') = (user_id IS NOT NULL)),
    CONSTRAINT api_keys_revoked_by_given CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
CREATE INDEX api_keys_newest ON api_keys (created_at DESC, id DESC);
CREATE INDEX api_keys_of_user ON api_keys (user_id);

-- +goose Down
DROP TABLE api_keys;
