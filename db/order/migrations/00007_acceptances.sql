-- +goose Up

-- A discrepancy that an operator accepted: who and why is kept for good, and the
-- same is not found of that order again.
ALTER TABLE discrepancies
    ADD COLUMN accepted_by text,
    ADD COLUMN accept_reason text,
    DROP CONSTRAINT discrepancies_resolution_known,
    ADD CONSTRAINT discrepancies_resolution_known CHECK (resolution IN ('gone', 'repaired', 'accepted')),
    ADD CONSTRAINT discrepancies_acceptance_given CHECK (
        (resolution IS NOT DISTINCT FROM 'accepted') = (accepted_by IS NOT NULL) AND (accepted_by IS NULL) = (accept_reason IS NULL)),
    ADD CONSTRAINT discrepancies_acceptance_reason_given CHECK (accepted_by <> '' AND accept_reason <> '');
CREATE UNIQUE INDEX discrepancies_accepted ON discrepancies (order_id, kind) WHERE resolution = 'accepted';

-- +goose StatementBegin
CREATE FUNCTION discrepancies_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an acceptance is recorded for good'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'discrepancies_accepted_for_good';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER discrepancies_guard BEFORE UPDATE OR DELETE ON discrepancies
    FOR EACH ROW WHEN (OLD.resolution = 'accepted') EXECUTE FUNCTION discrepancies_guard();

-- Repairs whose saga may not have been started.
CREATE INDEX discrepancy_repairs_open ON discrepancy_repairs (requested_at, id) WHERE outcome IS NULL;

-- +goose Down
DROP INDEX discrepancy_repairs_open;
DROP TRIGGER discrepancies_guard ON discrepancies;
DROP FUNCTION discrepancies_guard;
DELETE FROM discrepancy_repairs WHERE discrepancy_id IN (SELECT id FROM discrepancies WHERE resolution = 'accepted');
DELETE FROM discrepancies WHERE resolution = 'accepted';
DROP INDEX discrepancies_accepted;
ALTER TABLE discrepancies
    DROP CONSTRAINT discrepancies_acceptance_reason_given,
    DROP CONSTRAINT discrepancies_acceptance_given,
    DROP CONSTRAINT discrepancies_resolution_known,
    ADD CONSTRAINT discrepancies_resolution_known CHECK (resolution IN ('gone', 'repaired')),
    DROP COLUMN accept_reason,
    DROP COLUMN accepted_by;
