-- +goose Up

-- What the reconciler compares: orders whose saga has not come to its end, and
-- what changed lately.
CREATE INDEX orders_open ON orders (updated_at DESC, id DESC)
    WHERE status IN ('pending', 'awaiting_payment') OR saga_state NOT IN ('completed', 'compensated');
CREATE INDEX orders_changed ON orders (updated_at DESC, id DESC);

-- Discrepancies is what the reconciler found and may not mend by itself: one row
-- a kind and order while it is open. What is gone is resolved, and kept.
CREATE TABLE discrepancies (
    id           uuid CONSTRAINT discrepancies_pkey PRIMARY KEY,
    kind         text NOT NULL,
    order_id     uuid NOT NULL,
    detail       text NOT NULL,
    repair       text NOT NULL,
    found_at     timestamptz NOT NULL DEFAULT now(),
    seen_at      timestamptz NOT NULL DEFAULT now(),
    resolved_at  timestamptz,
    resolution   text,
    CONSTRAINT discrepancies_kind_known CHECK (kind IN ('payment_without_order', 'stock_without_order',
        'money_missing', 'money_kept', 'stock_missing', 'stock_kept', 'order_open')),
    CONSTRAINT discrepancies_repair_known CHECK (repair IN ('RepairOrder')),
    CONSTRAINT discrepancies_resolution_known CHECK (resolution IN ('gone', 'repaired')),
    CONSTRAINT discrepancies_resolution_given CHECK ((resolved_at IS NULL) = (resolution IS NULL))
);
CREATE UNIQUE INDEX discrepancies_one_open ON discrepancies (kind, order_id) WHERE resolved_at IS NULL;
CREATE INDEX discrepancies_unresolved ON discrepancies (found_at DESC, id DESC) WHERE resolved_at IS NULL;
CREATE INDEX discrepancies_resolved ON discrepancies (found_at DESC, id DESC) WHERE resolved_at IS NOT NULL;
COMMENT ON TABLE discrepancies IS 'order_id is no foreign key: there may be no such order.';

-- What operators had repaired: who, when and why is kept for good; outcome is
-- what came of it.
CREATE TABLE discrepancy_repairs (
    id              uuid CONSTRAINT discrepancy_repairs_pkey PRIMARY KEY,
    discrepancy_id  uuid NOT NULL CONSTRAINT discrepancy_repairs_discrepancy_id_fkey REFERENCES discrepancies (id),
    reason          text NOT NULL,
    requested_by    text NOT NULL,
    requested_at    timestamptz NOT NULL DEFAULT now(),
    outcome         text,
    refusal_code    text,
    ended_at        timestamptz,
    CONSTRAINT discrepancy_repairs_reason_given CHECK (reason <> '' AND requested_by <> ''),
    CONSTRAINT discrepancy_repairs_outcome_known CHECK (outcome IN ('done', 'refused')),
    CONSTRAINT discrepancy_repairs_outcome_given CHECK ((ended_at IS NULL) = (outcome IS NULL)),
    CONSTRAINT discrepancy_repairs_refusal_code_given CHECK ((outcome IS NOT DISTINCT FROM 'refused') = (refusal_code IS NOT NULL))
);
CREATE INDEX discrepancy_repairs_of_discrepancy ON discrepancy_repairs (discrepancy_id, requested_at, id);

-- +goose StatementBegin
CREATE FUNCTION discrepancy_repairs_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.outcome IS NULL AND ROW(NEW.id, NEW.discrepancy_id, NEW.reason, NEW.requested_by, NEW.requested_at)
        = ROW(OLD.id, OLD.discrepancy_id, OLD.reason, OLD.requested_by, OLD.requested_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a repair is recorded for good'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'discrepancy_repairs_recorded_for_good';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER discrepancy_repairs_guard BEFORE UPDATE OR DELETE ON discrepancy_repairs
    FOR EACH ROW EXECUTE FUNCTION discrepancy_repairs_guard();

-- +goose Down
DROP TABLE discrepancy_repairs, discrepancies;
DROP FUNCTION discrepancy_repairs_guard;
DROP INDEX orders_changed, orders_open;
