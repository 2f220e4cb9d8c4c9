package inventorypg

import (
	"context"

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
		Age:      pg.Interval(in.Age),
		BeforeAt: cursor.At, BeforeID: cursor.ID, PageLimit: int32(limit) + 1, //nolint:gosec // at most inventory.MaxSlice
	})
	if err != nil {
		return inventory.OrderPage{}, s.constraints.Translate(err)
	}
	page := inventory.OrderPage{OrderIDs: []string{}}
	rows, page.NextCursor = pg.Page(rows, limit, func(row inventorydb.ListUnsettledRow) pg.Cursor {
		return pg.Cursor{At: row.UpdatedAt, ID: row.OrderID}
	})
	for _, row := range rows {
		page.OrderIDs = append(page.OrderIDs, inventory.OrderIDPrefix.Format(row.OrderID))
	}
	return page, nil
}

// Standings tells how reservations stand.
func (s *Store) Standings(ctx context.Context, orderIDs []string) ([]inventory.Standing, error) {
	rows, err := s.queries.ReservationStandings(ctx, inventory.OrderIDPrefix.ParseAll(orderIDs, inventory.MaxSlice))
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
