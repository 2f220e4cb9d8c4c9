package paymentpg

import (
	"context"

	"github.com/google/uuid"

	paymentdb "github.com/skaldhq/skald/db/payment"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/payment"
)

// ListHolding lists what is not decided.
func (s *Store) ListHolding(ctx context.Context, in payment.Slice) (payment.OrderPage, error) {
	cursor, err := pg.ParseCursor(in.Cursor)
	if err != nil {
		return payment.OrderPage{}, err
	}
	rows, err := s.queries.ListHolding(ctx, paymentdb.ListHoldingParams{
		Age: pg.Interval(in.Age), BeforeAt: cursor.At, BeforeID: cursor.ID, PageLimit: slice(in) + 1,
	})
	if err != nil {
		return payment.OrderPage{}, s.constraints.Translate(err)
	}
	return orderPage(rows, int(slice(in))), nil
}

// ListTaken lists what was captured.
func (s *Store) ListTaken(ctx context.Context, in payment.Slice) (payment.OrderPage, error) {
	cursor, err := pg.ParseCursor(in.Cursor)
	if err != nil {
		return payment.OrderPage{}, err
	}
	p := paymentdb.ListTakenParams{Age: pg.Interval(in.Age), BeforeAt: cursor.At, BeforeID: cursor.ID, PageLimit: slice(in) + 1}
	if in.Within > 0 {
		p.Within = pg.Interval(in.Within)
	}
	taken, err := s.queries.ListTaken(ctx, p)
	if err != nil {
		return payment.OrderPage{}, s.constraints.Translate(err)
	}
	rows := make([]paymentdb.ListHoldingRow, len(taken))
	for i, row := range taken {
		rows[i] = paymentdb.ListHoldingRow(row)
	}
	return orderPage(rows, int(slice(in))), nil
}

// Standings tells how payments stand.
func (s *Store) Standings(ctx context.Context, subjects []string) ([]payment.Standing, error) {
	var ids []uuid.UUID
	for _, subject := range subjects[:min(len(subjects), payment.MaxSlice)] {
		if of, err := payment.ParseSubject(subject); err == nil {
			ids = append(ids, of.ID)
		}
	}
	rows, err := s.queries.PaymentStandings(ctx, ids)
	if err != nil {
		return nil, s.constraints.Translate(err)
	}
	all := make([]payment.Standing, len(rows))
	for i, row := range rows {
		all[i] = payment.Standing{
			OrderID: payment.Subject{ID: row.OrderID, Own: row.Own}.String(), PaymentID: payment.IDPrefix.Format(row.ID),
			Status: payment.Status(row.Status), Kept: row.Kept, Undone: row.Undone,
		}
	}
	return all, nil
}

func slice(in payment.Slice) int32 {
	return int32(min(max(in.Limit, 1), payment.MaxSlice)) //nolint:gosec // at most payment.MaxSlice
}

// orderPage is a page of rows that were asked for with one more than it holds.
func orderPage(rows []paymentdb.ListHoldingRow, limit int) payment.OrderPage {
	page := payment.OrderPage{OrderIDs: []string{}}
	rows, page.NextCursor = pg.Page(rows, limit, func(row paymentdb.ListHoldingRow) pg.Cursor {
		return pg.Cursor{At: row.UpdatedAt, ID: row.ID}
	})
	for _, row := range rows {
		page.OrderIDs = append(page.OrderIDs, payment.OrderIDPrefix.Format(row.OrderID))
	}
	return page
}
