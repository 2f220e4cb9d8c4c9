package orderpg

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	orderdb "github.com/skaldhq/skald/db/order"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/order"
)

// RecordDiscrepancy keeps a finding.
func (s *Store) RecordDiscrepancy(ctx context.Context, f order.Finding) (bool, error) {
	orderID, err := order.IDPrefix.Parse(f.OrderID)
	if err != nil {
		return false, fault.InvalidField("order_id", err.Error())
	}
	fresh, err := s.queries.RecordDiscrepancy(ctx, orderdb.RecordDiscrepancyParams{
		ID: uuid.Must(uuid.NewV7()), Kind: string(f.Kind), OrderID: orderID, Detail: f.Detail, Repair: order.RepairOrder,
	})
	if errors.Is(err, pgx.ErrNoRows) { // accepted
		return false, nil
	}
	return fresh, s.constraints.Write(err)
}

// ResolveDiscrepancies resolves what is not there any more.
func (s *Store) ResolveDiscrepancies(ctx context.Context, still order.Still) (int, error) {
	orderID, err := order.IDPrefix.Parse(still.OrderID)
	if err != nil {
		return 0, nil //nolint:nilerr // what is no id has no discrepancy
	}
	n, err := s.queries.ResolveDiscrepancies(ctx, orderdb.ResolveDiscrepanciesParams{OrderID: orderID, Still: kinds(still)})
	return int(n), s.constraints.Write(err)
}

func kinds(still order.Still) []string {
	names := make([]string, len(still.Kinds))
	for i, kind := range still.Kinds {
		names[i] = string(kind)
	}
	return names
}

// ListDiscrepancies reads a page, newest first.
func (s *Store) ListDiscrepancies(ctx context.Context, f order.DiscrepancyFilter) (order.DiscrepancyPage, error) {
	cursor, err := pg.ParseCursor(f.Cursor)
	if err != nil {
		return order.DiscrepancyPage{}, err
	}
	limit := min(max(f.Limit, 1), order.MaxPage)
	rows, err := s.queries.ListDiscrepancies(ctx, orderdb.ListDiscrepanciesParams{
		Open: f.State != order.DiscrepancyResolved, BeforeAt: cursor.At, BeforeID: cursor.ID, PageLimit: int32(limit) + 1, //nolint:gosec // at most order.MaxPage
	})
	if err != nil {
		return order.DiscrepancyPage{}, s.constraints.Translate(err)
	}
	page := order.DiscrepancyPage{Items: []order.Discrepancy{}}
	rows, page.NextCursor = pg.Page(rows, limit, func(row orderdb.ListDiscrepanciesRow) pg.Cursor {
		return pg.Cursor{At: row.Discrepancy.FoundAt, ID: row.Discrepancy.ID}
	})
	for _, row := range rows {
		d, err := toDiscrepancy(row.Discrepancy, row.Repairs)
		if err != nil {
			return order.DiscrepancyPage{}, err
		}
		page.Items = append(page.Items, d)
	}
	return page, nil
}

// OpenDiscrepancies counts what is open.
func (s *Store) OpenDiscrepancies(ctx context.Context) (map[order.DiscrepancyKind]int64, error) {
	rows, err := s.queries.CountOpenDiscrepancies(ctx)
	if err != nil {
		return nil, s.constraints.Translate(err)
	}
	open := map[order.DiscrepancyKind]int64{}
	for _, row := range rows {
		open[order.DiscrepancyKind(row.Kind)] = row.Open
	}
	return open, nil
}

// GetDiscrepancy reads one.
func (s *Store) GetDiscrepancy(ctx context.Context, discrepancyID string) (order.Discrepancy, error) {
	parsed, err := order.DiscrepancyIDPrefix.Parse(discrepancyID)
	if err != nil {
		return order.Discrepancy{}, order.ErrDiscrepancyNotFound
	}
	row, err := s.queries.GetDiscrepancy(ctx, parsed)
	if errors.Is(err, pgx.ErrNoRows) {
		return order.Discrepancy{}, order.ErrDiscrepancyNotFound
	}
	if err != nil {
		return order.Discrepancy{}, s.constraints.Translate(err)
	}
	return toDiscrepancy(row.Discrepancy, row.Repairs)
}

// AcceptDiscrepancy closes a discrepancy for good.
func (s *Store) AcceptDiscrepancy(ctx context.Context, a order.Acceptance) (order.Discrepancy, error) {
	parsed, err := order.DiscrepancyIDPrefix.Parse(a.DiscrepancyID)
	if err != nil {
		return order.Discrepancy{}, order.ErrDiscrepancyNotFound
	}
	if err := a.Validate(); err != nil {
		return order.Discrepancy{}, err
	}
	if _, err := s.queries.AcceptDiscrepancy(ctx, orderdb.AcceptDiscrepancyParams{ID: parsed, AcceptedBy: a.By, AcceptReason: a.Reason}); err != nil {
		return order.Discrepancy{}, s.constraints.Write(err)
	}
	found, err := s.GetDiscrepancy(ctx, a.DiscrepancyID)
	if err == nil && (found.Acceptance == nil || *found.Acceptance != a) {
		return order.Discrepancy{}, order.ErrDiscrepancyResolved
	}
	return found, err
}

// repairRow is a repair as the queries give it.
type repairRow struct {
	ID      uuid.UUID  `json:"id"`
	Reason  string     `json:"reason"`
	By      string     `json:"by"`
	At      time.Time  `json:"at"`
	Outcome *string    `json:"outcome"`
	Code    *string    `json:"code"`
	EndedAt *time.Time `json:"ended_at"`
}

func toDiscrepancy(row orderdb.Discrepancy, rawRepairs []byte) (order.Discrepancy, error) {
	d := order.Discrepancy{
		ID:      order.DiscrepancyIDPrefix.Format(row.ID),
		Finding: order.Finding{Kind: order.DiscrepancyKind(row.Kind), OrderID: order.IDPrefix.Format(row.OrderID), Detail: row.Detail},
		Repair:  row.Repair, FoundAt: row.FoundAt.UTC(), SeenAt: row.SeenAt.UTC(), ResolvedAt: pg.UTC(row.ResolvedAt), Resolution: text(row.Resolution),
		Repairs: []order.Repair{},
	}
	if row.AcceptedBy != nil {
		d.Acceptance = &order.Acceptance{DiscrepancyID: d.ID, Reason: text(row.AcceptReason), By: text(row.AcceptedBy)}
	}
	var repairs []repairRow
	if err := json.Unmarshal(rawRepairs, &repairs); err != nil {
		return order.Discrepancy{}, fmt.Errorf("read repairs of discrepancy %s: %w", d.ID, err)
	}
	for _, r := range repairs {
		d.Repairs = append(d.Repairs, order.Repair{
			ID: order.RepairIDPrefix.Format(r.ID), Reason: r.Reason, By: r.By, At: r.At.UTC(),
			Outcome: order.RepairOutcome(text(r.Outcome)), Code: text(r.Code), EndedAt: pg.UTC(r.EndedAt),
		})
	}
	return d, nil
}
