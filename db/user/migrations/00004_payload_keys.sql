-- +goose Up

-- Payload_keys are what the payloads of users' sagas are sealed with, a key a user.
-- They are wrapped with a key of the platform's that no database has: who has this
-- table only reads nothing. A key that was erased leaves its row, so that what was
-- sealed with it is known to be erased.
CREATE TABLE payload_keys (
    id         uuid CONSTRAINT payload_keys_pkey PRIMARY KEY,
    user_id    uuid NOT NULL,
    wrapped    bytea,
    wrapped_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    doomed_at  timestamptz,
    erased_at  timestamptz,
    CONSTRAINT payload_keys_erased_is_gone CHECK ((erased_at IS NULL) = (wrapped IS NOT NULL)),
    CONSTRAINT payload_keys_doomed_first CHECK (erased_at IS NULL OR doomed_at IS NOT NULL)
);
CREATE UNIQUE INDEX payload_keys_one_live ON payload_keys (user_id) WHERE doomed_at IS NULL;
CREATE INDEX payload_keys_doomed ON payload_keys (doomed_at) WHERE doomed_at IS NOT NULL AND erased_at IS NULL;

-- A user who goes dooms their key, in the same transaction and in no other way.
-- +goose StatementBegin
CREATE FUNCTION doom_payload_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE payload_keys SET doomed_at = now() WHERE user_id = OLD.id AND doomed_at IS NULL;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER users_key_doomed AFTER DELETE ON users FOR EACH ROW EXECUTE FUNCTION doom_payload_key();

-- +goose Down
DROP TRIGGER users_key_doomed ON users;
DROP FUNCTION doom_payload_key;
DROP TABLE payload_keys;
