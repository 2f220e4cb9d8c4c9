package orderpg

import (
	"context"
	"time"

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
		Age: pg.Interval(in.Age), BeforeAt: cursor.At, BeforeID: cursor.ID, PageLimit: limit + 1,
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
	p := orderdb.ListEndedOrdersParams{Age: pg.Interval(in.Age), BeforeAt: cursor.At, BeforeID: cursor.ID, PageLimit: limit + 1}
	if in.Within > 0 {
		p.Within = pg.Interval(in.Within)
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
	rows, err := s.queries.OrderStandings(ctx, order.IDPrefix.ParseAll(orderIDs, order.MaxSlice))
	if err != nil {
		return nil, s.constraints.Translate(err)
	}
	all := make([]order.Standing, len(rows))
	for i, row := range rows {
		all[i] = order.Standing{
			OrderID: order.IDPrefix.Format(row.ID), Status: order.Status(row.Status), SagaState: order.SagaState(row.SagaState),
			FailureCode: row.FailureCode, Cancelling: row.Cancelling, Owed: row.Owed, Refunding: row.Refunding,
			Skipped: row.Skipped, Reversed: row.Reversed, Accepted: row.Accepted,
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

// idPage is a page of rows that were asked for with one more than it holds.
func idPage(rows []pg.Cursor, limit int) order.IDPage {
	page := order.IDPage{IDs: []string{}}
	rows, page.NextCursor = pg.Page(rows, limit, func(row pg.Cursor) pg.Cursor { return row })
	for _, row := range rows {
		page.IDs = append(page.IDs, order.IDPrefix.Format(row.ID))
	}
	return page
}
