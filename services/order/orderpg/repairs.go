package orderpg

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	orderdb "github.com/skaldhq/skald/db/order"
	"github.com/skaldhq/skald/services/order"
)

// RequestRepair keeps who wants a discrepancy mended.
func (s *Store) RequestRepair(ctx context.Context, r order.RepairRequest) (order.Discrepancy, error) {
	parsed, err := order.DiscrepancyIDPrefix.Parse(r.DiscrepancyID)
	if err != nil {
		return order.Discrepancy{}, order.ErrDiscrepancyNotFound
	}
	if err := r.Validate(); err != nil {
		return order.Discrepancy{}, err
	}
	repairID, _ := order.RepairIDPrefix.Parse(r.RepairID)
	err = s.constraints.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		q := s.queries.WithTx(tx)
		row, err := q.LockDiscrepancy(ctx, parsed)
		if errors.Is(err, pgx.ErrNoRows) {
			return order.ErrDiscrepancyNotFound
		}
		if err != nil {
			return err
		}
		known, err := q.FindRepair(ctx, repairID)
		switch {
		case err == nil && (known.DiscrepancyID != parsed || known.Reason != r.Reason || known.RequestedBy != r.By):
			return order.ErrRepairReused
		case err == nil:
			return nil
		case !errors.Is(err, pgx.ErrNoRows):
			return err
		case row.ResolvedAt != nil:
			return order.ErrDiscrepancyResolved
		}
		return q.InsertRepair(ctx, orderdb.InsertRepairParams{ID: repairID, DiscrepancyID: parsed, Reason: r.Reason, RequestedBy: r.By})
	})
	if err != nil {
		return order.Discrepancy{}, err
	}
	return s.GetDiscrepancy(ctx, r.DiscrepancyID)
}

// EndRepair keeps how a repair ended.
func (s *Store) EndRepair(ctx context.Context, e order.RepairEnd) error {
	repairID, err := order.RepairIDPrefix.Parse(e.RepairID)
	if err != nil {
		return order.ErrRepairNotFound
	}
	return s.constraints.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		q := s.queries.WithTx(tx)
		known, err := q.FindRepair(ctx, repairID)
		if errors.Is(err, pgx.ErrNoRows) {
			return order.ErrRepairNotFound
		}
		if err != nil {
			return err
		}
		found, err := q.LockDiscrepancy(ctx, known.DiscrepancyID)
		if err != nil {
			return err
		}
		end := orderdb.EndRepairParams{ID: repairID, Outcome: string(e.Outcome)}
		if e.Outcome == order.RepairRefused {
			end.RefusalCode = &e.Code
		}
		if n, err := q.EndRepair(ctx, end); err != nil || n == 0 || e.Outcome != order.RepairDone {
			return err
		}
		_, err = q.ResolveDiscrepancies(ctx, orderdb.ResolveDiscrepanciesParams{OrderID: found.OrderID, Still: []string{}})
		return err
	})
}

// OpenRepair reads a repair that has not ended.
func (s *Store) OpenRepair(ctx context.Context, repairID string) (order.RepairPlan, error) {
	parsed, err := order.RepairIDPrefix.Parse(repairID)
	if err != nil {
		return order.RepairPlan{}, order.ErrRepairNotFound
	}
	row, err := s.queries.OpenRepair(ctx, parsed)
	if errors.Is(err, pgx.ErrNoRows) {
		return order.RepairPlan{}, order.ErrRepairNotFound
	}
	if err != nil {
		return order.RepairPlan{}, s.constraints.Translate(err)
	}
	return toRepairPlan(row.ID, row.OrderID, row.Kind), nil
}

// RepairsLeft finds repairs whose saga nobody may have started.
func (s *Store) RepairsLeft(ctx context.Context, age time.Duration, limit int) ([]order.RepairPlan, error) {
	left := unstartedParams(age, limit)
	rows, err := s.queries.RepairsLeft(ctx, orderdb.RepairsLeftParams(left))
	if err != nil {
		return nil, s.constraints.Translate(err)
	}
	all := make([]order.RepairPlan, len(rows))
	for i, row := range rows {
		all[i] = toRepairPlan(row.ID, row.OrderID, row.Kind)
	}
	return all, nil
}

func toRepairPlan(repairID, orderID uuid.UUID, kind string) order.RepairPlan {
	return order.RepairPlan{ID: order.RepairIDPrefix.Format(repairID), OrderID: order.IDPrefix.Format(orderID), Kind: order.DiscrepancyKind(kind)}
}
