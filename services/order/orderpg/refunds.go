package orderpg

import (
	"bytes"
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	orderdb "github.com/skaldhq/skald/db/order"
	"github.com/skaldhq/skald/services/order"
)

// RequestRefund takes units off what is left of an order. The order's row is
// locked first: it decides between all refunds of it.
func (s *Store) RequestRefund(ctx context.Context, r order.RefundRequest) (order.Refund, error) {
	if err := r.Validate(); err != nil {
		return order.Refund{}, err
	}
	refundID, _ := order.RefundIDPrefix.Parse(r.RefundID)
	refused := false
	refund, err := s.onRefund(ctx, r.OrderID, refundID, func(q *orderdb.Queries, on refundedOrder) error {
		var err error
		if refused, err = requestedBefore(on, r); err != nil || on.refund != nil {
			return err
		}
		if err := refundable(ctx, q, on, r); err != nil {
			return err
		}
		parts, err := split(ctx, q, on, r.Lines)
		refused = errors.Is(err, order.ErrRefundTooMany)
		if err != nil && !refused {
			return err
		}
		if err := q.InsertRefund(ctx, insertParams(on.id, refundID, r, parts)); err != nil || !r.Returned {
			return err
		}
		return end(ctx, q, on, refundID, order.RefundEnd{Status: order.RefundDone})
	})
	if err != nil {
		return order.Refund{}, err
	}
	if refused { // kept, so it had to be committed first
		return order.Refund{}, order.ErrRefundTooMany
	}
	return refund, nil
}

// refundable tells whether an order can be refunded now.
func refundable(ctx context.Context, q *orderdb.Queries, on refundedOrder, r order.RefundRequest) error {
	if on.Status != string(order.Confirmed) {
		return order.ErrNotRefundable
	}
	if !r.Whole {
		return nil
	}
	underWay, err := q.RefundUnderWay(ctx, on.id)
	if err == nil && underWay {
		return order.ErrRefundUnderWay
	}
	return err
}

// requestedBefore judges a request by what is known of its refund: refused, or
// the error that it met, or nothing.
func requestedBefore(on refundedOrder, r order.RefundRequest) (refused bool, err error) {
	known := on.refund
	switch {
	case known == nil:
		return false, nil
	case known.OrderID != on.id:
		return false, order.ErrMismatch
	case known.RequestHash == nil:
		return false, order.ErrRefundUndone
	case !r.Returned && !bytes.Equal(known.RequestHash, r.Hash()):
		return false, order.ErrMismatch
	default:
		return known.Status == string(order.RefundRefused) && known.Version == 1, nil // refused at once
	}
}

// split computes what a refund takes of the order's items.
func split(ctx context.Context, q *orderdb.Queries, on refundedOrder, lines []order.RefundLine) ([]order.Part, error) {
	rows, err := q.RefundableItems(ctx, on.id)
	if err != nil {
		return nil, err
	}
	items := make([]order.Bought, len(rows))
	for i, row := range rows {
		items[i] = order.Bought{
			ProductID: order.ProductIDPrefix.Format(row.ProductID), Quantity: row.Quantity, UnitPrice: row.UnitPrice, Total: row.Total,
			RefundedQuantity: row.RefundedQuantity, RefundedAmount: row.RefundedAmount,
		}
	}
	var total int64
	if on.TotalAmount != nil { // as it has to be, see orders_confirmed_is_priced
		total = *on.TotalAmount
	}
	return order.Split(items, total-on.RefundedAmount, lines)
}

// FinishRefund ends a refund, and with the last one the order.
func (s *Store) FinishRefund(ctx context.Context, e order.RefundEnd) (order.Refund, error) {
	refundID, err := order.RefundIDPrefix.Parse(e.RefundID)
	if err != nil {
		return order.Refund{}, order.ErrRefundNotFound
	}
	if e.Status != order.RefundDone && e.Status != order.RefundRefused {
		return order.Refund{}, order.ErrRefundEnded
	}
	refund, err := s.onRefund(ctx, e.OrderID, refundID, func(q *orderdb.Queries, on refundedOrder) error {
		known := on.refund
		switch {
		case known == nil && e.Status == order.RefundRefused:
			if err := q.InsertRefund(ctx, tombstone(on.id, refundID, e)); err != nil {
				return err
			}
			return refuseCancellation(ctx, q, on, e)
		case known == nil:
			return order.ErrRefundNotFound
		case known.OrderID != on.id:
			return order.ErrMismatch
		case known.Status == string(e.Status):
			return nil
		case known.Status != string(order.RefundRequested):
			return order.ErrRefundEnded
		}
		return end(ctx, q, on, refundID, e)
	})
	if errors.Is(err, order.ErrNotFound) && e.Status == order.RefundRefused {
		return order.Refund{ID: e.RefundID, OrderID: e.OrderID, Lines: []order.RefundLine{}, Status: e.Status, Code: *refusal(e)}, nil
	}
	return refund, err
}

// end ends a refund that was requested, and with the last one the order.
func end(ctx context.Context, q *orderdb.Queries, on refundedOrder, refundID uuid.UUID, e order.RefundEnd) error {
	if _, err := q.FinishRefund(ctx, orderdb.FinishRefundParams{Status: string(e.Status), RefusalCode: refusal(e), ID: refundID}); err != nil {
		return err
	}
	if e.Status == order.RefundRefused {
		return refuseCancellation(ctx, q, on, e)
	}
	return q.EndRefundedOrder(ctx, on.id)
}

// refuseCancellation records that the order's cancellation was refused, where
// the refund that was is its.
func refuseCancellation(ctx context.Context, q *orderdb.Queries, on refundedOrder, e order.RefundEnd) error {
	if on.CancelRequestedAt == nil {
		return nil
	}
	id, err := order.CancellationID(e.OrderID, *on.CancelRequestedAt)
	if err != nil || id != e.RefundID {
		return err
	}
	return q.RefuseCancellation(ctx, orderdb.RefuseCancellationParams{ID: on.id, Refusal: *refusal(e)})
}

// refundedOrder is an order, locked, and one of its refunds, nil where there is
// none with that id.
type refundedOrder struct {
	orderdb.LockOrderRow
	id     uuid.UUID
	refund *orderdb.FindRefundRow
}

// onRefund runs fn in a transaction that has locked the order, and gives the
// refund as it is then.
func (s *Store) onRefund(ctx context.Context, orderID string, refundID uuid.UUID, fn func(*orderdb.Queries, refundedOrder) error) (refund order.Refund, err error) {
	parsed, err := order.IDPrefix.Parse(orderID)
	if err != nil {
		return order.Refund{}, order.ErrNotFound
	}
	err = s.constraints.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		q := s.queries.WithTx(tx)
		row, err := q.LockOrder(ctx, parsed)
		if errors.Is(err, pgx.ErrNoRows) {
			return order.ErrNotFound
		}
		if err != nil {
			return err
		}
		on := refundedOrder{LockOrderRow: row, id: parsed}
		known, err := q.FindRefund(ctx, refundID)
		if err == nil {
			on.refund = &known
		} else if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if err := fn(q, on); err != nil {
			return err
		}
		now, err := q.GetRefund(ctx, refundID)
		if err != nil {
			return err
		}
		refund, err = toRefund(now)
		return err
	})
	if err != nil {
		return order.Refund{}, err
	}
	return refund, nil
}
