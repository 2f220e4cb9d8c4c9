package inventorypg

import (
	"bytes"
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	inventorydb "github.com/skaldhq/skald/db/inventory"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/pg"
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
	products, quantities := columns(lines)
	wanted := inventorydb.ReserveParams{
		OrderID: order, ProductIds: products, Quantities: quantities, RequestHash: hash(lines),
		RefusalCode: inventory.ErrInsufficient.Code, Ttl: pg.Interval(r.TTL),
	}
	var res inventory.Reservation
	err = s.inTx(ctx, func(q *inventorydb.Queries) error {
		if err := q.LockStock(ctx, products); err != nil {
			return err
		}
		row, err := q.Reserve(ctx, wanted)
		res = reservationFromRow(inventorydb.Reservation(row), lines)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) || pg.Breaks(err, "reservations_pkey") {
		// In a transaction of its own: who holds stock must not wait for an order.
		err = s.inTx(ctx, func(q *inventorydb.Queries) error {
			res, err = reservedBefore(ctx, q, order, wanted.RequestHash)
			return err
		})
	}
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
func reservedBefore(ctx context.Context, q *inventorydb.Queries, order uuid.UUID, requestHash []byte) (inventory.Reservation, error) {
	row, err := q.LockReservation(ctx, order)
	if err != nil {
		return inventory.Reservation{}, err
	}
	if row.RequestHash != nil && !bytes.Equal(row.RequestHash, requestHash) {
		return inventory.Reservation{}, inventory.ErrMismatch
	}
	if undoneForGood(row) {
		return inventory.Reservation{}, inventory.ErrReleased
	}
	return withLines(ctx, q, row)
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
