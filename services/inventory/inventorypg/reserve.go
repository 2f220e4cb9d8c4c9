package inventorypg

import (
	"bytes"
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	inventorydb "github.com/skaldhq/skald/db/inventory"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/inventory"
)

// ReserveStock holds all lines or none. The order's row decides between doing,
// doing again and undoing: whoever inserts it goes first, the others wait for
// it and read what became of it.
func (s *Store) ReserveStock(ctx context.Context, r inventory.ReserveRequest) (inventory.Reservation, error) {
	order, err := parseOrder(r.OrderID)
	if err != nil {
		return inventory.Reservation{}, err
	}
	if err := r.Validate(); err != nil {
		return inventory.Reservation{}, err
	}
	lines := inventory.AddUp(r.Lines)
	claim := inventorydb.ClaimReservationParams{
		OrderID: order, RequestHash: hash(lines),
		Ttl: pgtype.Interval{Microseconds: r.TTL.Microseconds(), Valid: true},
	}
	var res inventory.Reservation
	err = s.inTx(ctx, func(q *inventorydb.Queries) error {
		row, err := q.ClaimReservation(ctx, claim)
		if errors.Is(err, pgx.ErrNoRows) {
			res, err = reservedBefore(ctx, q, claim)
			return err
		}
		if err != nil {
			return err
		}
		res, err = hold(ctx, q, row, lines)
		return err
	})
	if err != nil {
		return inventory.Reservation{}, err
	}
	if res.State == inventory.Rejected { // kept, so it had to be committed first
		return inventory.Reservation{}, inventory.ErrInsufficient
	}
	return res, nil
}

// reservedBefore answers a reservation for an order that has one. Nothing
// changes: a hold that expired since stays for CommitStock to take again.
func reservedBefore(ctx context.Context, q *inventorydb.Queries, claim inventorydb.ClaimReservationParams) (inventory.Reservation, error) {
	row, err := q.LockReservation(ctx, claim.OrderID)
	if err != nil {
		return inventory.Reservation{}, err
	}
	if row.RequestHash != nil && !bytes.Equal(row.RequestHash, claim.RequestHash) {
		return inventory.Reservation{}, inventory.ErrMismatch
	}
	if undoneForGood(row) {
		return inventory.Reservation{}, inventory.ErrReleased
	}
	return withLines(ctx, q, row)
}

// hold takes the units of a reservation that was just claimed, or rejects it.
func hold(ctx context.Context, q *inventorydb.Queries, row inventorydb.Reservation, lines []inventory.Line) (inventory.Reservation, error) {
	products, quantities, ok := columns(lines)
	if ok {
		var err error
		if ok, err = take(ctx, q, products, quantities); err != nil {
			return inventory.Reservation{}, err
		}
	}
	if !ok {
		row, err := q.RejectReservation(ctx, inventorydb.RejectReservationParams{
			OrderID: row.OrderID, RefusalCode: inventory.ErrInsufficient.Code,
		})
		return reservationFromRow(row, nil), err
	}
	err := q.InsertLines(ctx, inventorydb.InsertLinesParams{OrderID: row.OrderID, ProductIds: products, Quantities: quantities})
	return reservationFromRow(row, lines), err
}

// take adds to the reserved count of all products or of none, and tells which.
// The lock comes first, in a statement of its own: only the next one sees what
// those left behind for whom the lock waited.
func take(ctx context.Context, q *inventorydb.Queries, products []uuid.UUID, quantities []int64) (bool, error) {
	if err := q.LockStock(ctx, products); err != nil {
		return false, err
	}
	held, err := q.HoldStock(ctx, inventorydb.HoldStockParams{ProductIds: products, Quantities: quantities})
	return held == int64(len(products)), err
}

// withLines completes a reservation with what it holds, held or sold.
func withLines(ctx context.Context, q *inventorydb.Queries, row inventorydb.Reservation) (inventory.Reservation, error) {
	lines, err := q.ListLines(ctx, row.OrderID)
	return reservationFromRow(row, linesFromRows(lines)), err
}

func parseOrder(orderID string) (uuid.UUID, error) {
	order, err := inventory.OrderIDPrefix.Parse(orderID)
	if err != nil {
		return uuid.Nil, fault.InvalidField("order_id", err.Error())
	}
	return order, nil
}
