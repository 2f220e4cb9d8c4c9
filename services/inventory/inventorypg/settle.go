package inventorypg

import (
	"context"
	"errors"
	"math"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	inventorydb "github.com/skaldhq/skald/db/inventory"
	"github.com/skaldhq/skald/services/inventory"
)

// ReleaseStock gives an order's units back for good. A rejected reservation
// stays rejected: it holds nothing and refuses as a tombstone does.
func (s *Store) ReleaseStock(ctx context.Context, r inventory.OrderRequest) (inventory.Reservation, error) {
	order, err := parseOrder(r.OrderID)
	if err != nil {
		return inventory.Reservation{}, err
	}
	var res inventory.Reservation
	err = s.inTx(ctx, func(q *inventorydb.Queries) error {
		tombstone, err := q.ClaimTombstone(ctx, order)
		if err == nil {
			res = reservationFromRow(tombstone, nil)
			return nil
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		res, err = release(ctx, q, order)
		return err
	})
	if err != nil {
		return inventory.Reservation{}, err
	}
	return res, nil
}

// release undoes the reservation that an order has.
func release(ctx context.Context, q *inventorydb.Queries, order uuid.UUID) (inventory.Reservation, error) {
	row, err := q.LockReservation(ctx, order)
	if err != nil {
		return inventory.Reservation{}, err
	}
	switch inventory.State(row.State) {
	case inventory.Sold:
		return inventory.Reservation{}, inventory.ErrSold
	case inventory.Rejected:
		return withLines(ctx, q, row)
	case inventory.Reserved:
		if err := giveBack(ctx, q, order); err != nil {
			return inventory.Reservation{}, err
		}
	case inventory.Released: // the clock may have been first: from now on it is for good
	}
	if row, err = q.ReleaseReservation(ctx, order); err != nil {
		return inventory.Reservation{}, err
	}
	return withLines(ctx, q, row)
}

// CommitStock turns an order's units into sold ones.
func (s *Store) CommitStock(ctx context.Context, r inventory.OrderRequest) (inventory.Reservation, error) {
	order, err := parseOrder(r.OrderID)
	if err != nil {
		return inventory.Reservation{}, err
	}
	var row inventorydb.Reservation
	sold, err := s.queries.Sell(ctx, order)
	switch {
	case err == nil:
		row = inventorydb.Reservation(sold)
	case errors.Is(err, pgx.ErrNoRows):
		err = s.inTx(ctx, func(q *inventorydb.Queries) error {
			row, err = commitUnheld(ctx, q, order)
			return err
		})
	default:
		err = s.constraints.Write(err)
	}
	if err != nil {
		return inventory.Reservation{}, err
	}
	res, err := withLines(ctx, s.queries, row)
	return res, s.constraints.Translate(err)
}

// commitUnheld commits an order that held nothing a moment ago.
func commitUnheld(ctx context.Context, q *inventorydb.Queries, order uuid.UUID) (inventorydb.Reservation, error) {
	row, err := q.LockReservation(ctx, order)
	if errors.Is(err, pgx.ErrNoRows) {
		return row, inventory.ErrNotReserved
	}
	if err != nil {
		return row, err
	}
	if undoneForGood(row) {
		return row, inventory.ErrReleased
	}
	switch inventory.State(row.State) {
	case inventory.Rejected:
		return row, inventory.ErrNotReserved
	case inventory.Sold:
		return row, nil
	case inventory.Released:
		if err := takeAgain(ctx, q, order); err != nil {
			return row, err
		}
	case inventory.Reserved: // by now
	}
	sold, err := q.Sell(ctx, order)
	return inventorydb.Reservation(sold), err
}

// takeAgain holds what an expired reservation held. Where stock does not allow
// it the transaction ends and leaves all as it was: units may come back.
func takeAgain(ctx context.Context, q *inventorydb.Queries, order uuid.UUID) error {
	if err := q.LockStockOf(ctx, []uuid.UUID{order}); err != nil {
		return err
	}
	n, err := q.HoldAgain(ctx, order)
	if err == nil && n == 0 {
		return inventory.ErrInsufficient
	}
	return err
}

// GetReservation reads where an order's reservation stands.
func (s *Store) GetReservation(ctx context.Context, orderID string) (inventory.Reservation, error) {
	order, err := inventory.OrderIDPrefix.Parse(orderID)
	if err != nil {
		return inventory.Reservation{}, inventory.ErrNotReserved
	}
	row, err := s.queries.GetReservation(ctx, order)
	if errors.Is(err, pgx.ErrNoRows) {
		return inventory.Reservation{}, inventory.ErrNotReserved
	}
	if err != nil {
		return inventory.Reservation{}, s.constraints.Translate(err)
	}
	res, err := withLines(ctx, s.queries, row)
	return res, s.constraints.Translate(err)
}

// ExpireReservations gives back what the clock took from its orders. It skips
// orders that somebody is at work on, so it never waits for one.
func (s *Store) ExpireReservations(ctx context.Context, limit int) (int, error) {
	var orders []uuid.UUID
	err := s.inTx(ctx, func(q *inventorydb.Queries) (err error) {
		limit32 := int32(min(max(limit, 0), math.MaxInt32)) //nolint:gosec // in range by then
		if orders, err = q.LockExpired(ctx, limit32); err != nil || len(orders) == 0 {
			return err
		}
		if err := giveBack(ctx, q, orders...); err != nil {
			return err
		}
		return q.ExpireReservations(ctx, orders)
	})
	if err != nil {
		return 0, err
	}
	return len(orders), nil
}

// giveBack takes the units of orders off the reserved counts.
func giveBack(ctx context.Context, q *inventorydb.Queries, orders ...uuid.UUID) error {
	if err := q.LockStockOf(ctx, orders); err != nil {
		return err
	}
	return q.GiveBackStock(ctx, orders)
}
