package inventorypg

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	inventorydb "github.com/skaldhq/skald/db/inventory"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/inventory"
)

// ListHeld lists what no saga has settled.
func (s *Store) ListHeld(ctx context.Context, in inventory.Slice) (inventory.OrderPage, error) {
	cursor, err := pg.ParseCursor(in.Cursor)
	if err != nil {
		return inventory.OrderPage{}, err
	}
	limit := min(max(in.Limit, 1), inventory.MaxSlice)
	rows, err := s.queries.ListUnsettled(ctx, inventorydb.ListUnsettledParams{
		Age:      pgtype.Interval{Microseconds: in.Age.Microseconds(), Valid: true},
		BeforeAt: cursor.At, BeforeID: cursor.ID, PageLimit: int32(limit) + 1, //nolint:gosec // at most inventory.MaxSlice
	})
	if err != nil {
		return inventory.OrderPage{}, s.constraints.Translate(err)
	}
	page := inventory.OrderPage{OrderIDs: []string{}}
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		page.NextCursor = pg.Cursor{At: last.UpdatedAt, ID: last.OrderID}.String()
	}
	for _, row := range rows {
		page.OrderIDs = append(page.OrderIDs, inventory.OrderIDPrefix.Format(row.OrderID))
	}
	return page, nil
}

// Standings tells how reservations stand.
func (s *Store) Standings(ctx context.Context, orderIDs []string) ([]inventory.Standing, error) {
	ids := make([]uuid.UUID, 0, len(orderIDs))
	for _, orderID := range orderIDs[:min(len(orderIDs), inventory.MaxSlice)] {
		if parsed, err := inventory.OrderIDPrefix.Parse(orderID); err == nil {
			ids = append(ids, parsed)
		}
	}
	rows, err := s.queries.ReservationStandings(ctx, ids)
	if err != nil {
		return nil, s.constraints.Translate(err)
	}
	all := make([]inventory.Standing, len(rows))
	for i, row := range rows {
		all[i] = inventory.Standing{
			OrderID: inventory.OrderIDPrefix.Format(row.OrderID), State: inventory.State(row.State), Expired: row.Expired, Sold: row.Sold,
		}
	}
	return all, nil
}
