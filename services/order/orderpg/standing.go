package orderpg

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	orderdb "github.com/skaldhq/skald/db/order"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/order"
)

// ListOpen lists orders whose saga has not come to its end.
func (s *Store) ListOpen(ctx context.Context, in order.Slice) (order.IDPage, error) {
	cursor, limit, err := slice(in)
	if err != nil {
		return order.IDPage{}, err
	}
	rows, err := s.queries.ListOpenOrders(ctx, orderdb.ListOpenOrdersParams{
		Age: interval(in.Age), BeforeAt: cursor.At, BeforeID: cursor.ID, PageLimit: limit + 1,
	})
	if err != nil {
		return order.IDPage{}, s.constraints.Translate(err)
	}
	changed := make([]pg.Cursor, len(rows))
	for i, row := range rows {
		changed[i] = pg.Cursor{At: row.UpdatedAt, ID: row.ID}
	}
	return idPage(changed, int(limit)), nil
}

// ListEnded lists the other orders.
func (s *Store) ListEnded(ctx context.Context, in order.Slice) (order.IDPage, error) {
	cursor, limit, err := slice(in)
	if err != nil {
		return order.IDPage{}, err
	}
	p := orderdb.ListEndedOrdersParams{Age: interval(in.Age), BeforeAt: cursor.At, BeforeID: cursor.ID, PageLimit: limit + 1}
	if in.Within > 0 {
		p.Within = interval(in.Within)
	}
	rows, err := s.queries.ListEndedOrders(ctx, p)
	if err != nil {
		return order.IDPage{}, s.constraints.Translate(err)
	}
	changed := make([]pg.Cursor, len(rows))
	for i, row := range rows {
		changed[i] = pg.Cursor{At: row.UpdatedAt, ID: row.ID}
	}
	return idPage(changed, int(limit)), nil
}

// Standings tells how orders stand.
func (s *Store) Standings(ctx context.Context, orderIDs []string) ([]order.Standing, error) {
	ids := make([]uuid.UUID, 0, len(orderIDs))
	for _, orderID := range orderIDs[:min(len(orderIDs), order.MaxSlice)] {
		if parsed, err := order.IDPrefix.Parse(orderID); err == nil {
			ids = append(ids, parsed)
		}
	}
	rows, err := s.queries.OrderStandings(ctx, ids)
	if err != nil {
		return nil, s.constraints.Translate(err)
	}
	all := make([]order.Standing, len(rows))
	for i, row := range rows {
		all[i] = order.Standing{
			OrderID: order.IDPrefix.Format(row.ID), Status: order.Status(row.Status), SagaState: order.SagaState(row.SagaState),
			FailureCode: row.FailureCode, Cancelling: row.Cancelling, Owed: row.Owed, Refunding: row.Refunding,
			Idle: time.Duration(row.IdleMicros) * time.Microsecond,
		}
	}
	return all, nil
}

// slice reads where a slice begins, and how much it holds.
func slice(in order.Slice) (pg.Cursor, int32, error) {
	cursor, err := pg.ParseCursor(in.Cursor)
	return cursor, int32(min(max(in.Limit, 1), order.MaxSlice)), err //nolint:gosec // at most order.MaxSlice
}

func interval(d time.Duration) pgtype.Interval {
	return pgtype.Interval{Microseconds: d.Microseconds(), Valid: true}
}

// idPage is a page of rows that were asked for with one more than it holds.
func idPage(rows []pg.Cursor, limit int) order.IDPage {
	page := order.IDPage{IDs: []string{}}
	if len(rows) > limit {
		rows = rows[:limit]
		page.NextCursor = rows[limit-1].String()
	}
	for _, row := range rows {
		page.IDs = append(page.IDs, order.IDPrefix.Format(row.ID))
	}
	return page
}
