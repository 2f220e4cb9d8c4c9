package inventorypg

import (
	"bytes"
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	inventorydb "github.com/skaldhq/skald/db/inventory"
	"github.com/skaldhq/skald/services/inventory"
)

// ReturnStock puts units of an order back on hand. The order's reservation is
// locked first, as for selling: it decides between all that happens to an order.
func (s *Store) ReturnStock(ctx context.Context, r inventory.ReturnRequest) (inventory.Return, error) {
	if err := r.Validate(); err != nil {
		return inventory.Return{}, err
	}
	order, _ := inventory.OrderIDPrefix.Parse(r.OrderID)
	refund, _ := inventory.RefundIDPrefix.Parse(r.RefundID)
	var back inventory.Return
	err := s.inTx(ctx, func(q *inventorydb.Queries) error {
		reservation, err := q.LockReservation(ctx, order)
		if errors.Is(err, pgx.ErrNoRows) {
			return inventory.ErrNotSold
		}
		if err != nil {
			return err
		}
		asked := inventory.AddUp(r.Lines)
		found, err := q.FindReturn(ctx, refund)
		switch {
		case err == nil:
			if found.OrderID != order || (!r.Reversal && !bytes.Equal(found.RequestHash, hash(asked))) {
				return inventory.ErrMismatch
			}
			back, err = returnedBefore(ctx, q, found)
			return err
		case !errors.Is(err, pgx.ErrNoRows):
			return err
		}
		if err := returnable(reservation); err != nil {
			return err
		}
		back, err = returnNow(ctx, q, order, refund, asked)
		if r.Reversal && errors.Is(err, inventory.ErrReturnTooMany) { // all has come back
			back, err = inventory.Return{RefundID: r.RefundID, OrderID: r.OrderID}, nil
		}
		return err
	})
	if err != nil {
		return inventory.Return{}, err
	}
	return back, nil
}

// returnable tells whether a reservation's units left on_hand.
func returnable(row inventorydb.Reservation) error {
	switch {
	case row.State == string(inventory.Sold):
		return nil
	case row.State == string(inventory.Rejected), undoneForGood(row):
		return inventory.ErrNotSold
	default: // held, or given back by the clock
		return inventory.ErrNotSoldYet
	}
}

// returnedBefore is the first result of a refund that came before.
func returnedBefore(ctx context.Context, q *inventorydb.Queries, row inventorydb.Return) (inventory.Return, error) {
	lines, err := q.ListReturnLines(ctx, row.RefundID)
	if err != nil {
		return inventory.Return{}, err
	}
	back := returnFromRow(row)
	for _, line := range lines {
		back.Lines = append(back.Lines, lineFromRow(line.ProductID, line.Quantity))
	}
	return back, nil
}

// returnNow puts the lines, or all that is left, on hand.
func returnNow(ctx context.Context, q *inventorydb.Queries, order, refund uuid.UUID, asked []inventory.Line) (inventory.Return, error) {
	lines := asked
	if len(asked) == 0 {
		left, err := q.ListUnreturned(ctx, order)
		if err != nil {
			return inventory.Return{}, err
		}
		for _, line := range left {
			lines = append(lines, lineFromRow(line.ProductID, line.Quantity))
		}
		if len(lines) == 0 {
			return inventory.Return{}, inventory.ErrReturnTooMany
		}
	}
	products, quantities := columns(lines)
	if err := q.LockStock(ctx, products); err != nil {
		return inventory.Return{}, err
	}
	row, err := q.ReturnUnits(ctx, inventorydb.ReturnUnitsParams{
		ProductIds: products, Quantities: quantities, OrderID: order, RefundID: refund, RequestHash: hash(asked),
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return inventory.Return{}, inventory.ErrReturnTooMany
	}
	back := returnFromRow(inventorydb.Return(row))
	back.Lines = lines
	return back, err
}

// ListReturns reads what came back of an order.
func (s *Store) ListReturns(ctx context.Context, orderID string) ([]inventory.Return, error) {
	order, err := inventory.OrderIDPrefix.Parse(orderID)
	if err != nil {
		return nil, nil //nolint:nilerr // what is no id is no order's, of which nothing came back
	}
	rows, err := s.queries.ListReturns(ctx, order)
	if err != nil {
		return nil, s.constraints.Translate(err)
	}
	var all []inventory.Return
	for _, row := range rows { // a row a line, those of a return together
		next := returnFromRow(inventorydb.Return{RefundID: row.RefundID, OrderID: row.OrderID, CreatedAt: row.CreatedAt})
		if len(all) == 0 || all[len(all)-1].RefundID != next.RefundID {
			all = append(all, next)
		}
		last := &all[len(all)-1]
		last.Lines = append(last.Lines, lineFromRow(row.ProductID, row.Quantity))
	}
	return all, nil
}
