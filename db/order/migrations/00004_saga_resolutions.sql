-- +goose Up

-- What operators decided on parked sagas: who, when, why, and the saga's state
-- before and after. Append-only.
CREATE TABLE saga_resolutions (
    workflow_id   text NOT NULL,
    id            text NOT NULL,
    step          text NOT NULL,
    action        text NOT NULL,
    reason        text NOT NULL,
    input         jsonb,
    decided_by    text NOT NULL,
    state_before  text NOT NULL,
    state_after   text NOT NULL,
    decided_at    timestamptz NOT NULL,
    CONSTRAINT saga_resolutions_once PRIMARY KEY (workflow_id, id),
    CONSTRAINT saga_resolutions_action_known CHECK (action IN ('retry', 'retry_with', 'skip', 'compensate')),
    CONSTRAINT saga_resolutions_reason_given CHECK (reason <> '' AND decided_by <> '')
);

-- +goose StatementBegin
CREATE FUNCTION saga_resolutions_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a resolution is recorded for good'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'saga_resolutions_append_only';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER saga_resolutions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON saga_resolutions
    FOR EACH STATEMENT EXECUTE FUNCTION saga_resolutions_append_only();

-- +goose Down
DROP TABLE saga_resolutions;
DROP FUNCTION saga_resolutions_append_only;
