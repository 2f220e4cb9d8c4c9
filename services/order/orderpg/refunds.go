package orderpg

import (
	"bytes"
	"context"
	"errors"
	"time"

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
		if on.Status != string(order.Confirmed) {
			return order.ErrNotRefundable
		}
		parts, err := split(ctx, q, on, r.Lines)
		refused = errors.Is(err, order.ErrRefundTooMany)
		if err != nil && !refused {
			return err
		}
		return q.InsertRefund(ctx, insertParams(on.id, refundID, r, parts))
	})
	if err != nil {
		return order.Refund{}, err
	}
	if refused { // kept, so it had to be committed first
		return order.Refund{}, order.ErrRefundTooMany
	}
	return refund, nil
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
	case !bytes.Equal(known.RequestHash, r.Hash()):
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
			return q.InsertRefund(ctx, tombstone(on.id, refundID, e))
		case known == nil:
			return order.ErrRefundNotFound
		case known.OrderID != on.id:
			return order.ErrMismatch
		case known.Status == string(e.Status):
			return nil
		case known.Status != string(order.RefundRequested):
			return order.ErrRefundEnded
		}
		if _, err := q.FinishRefund(ctx, orderdb.FinishRefundParams{Status: string(e.Status), RefusalCode: refusal(e), ID: refundID}); err != nil {
			return err
		}
		return q.EndRefundedOrder(ctx, on.id)
	})
	if errors.Is(err, order.ErrNotFound) && e.Status == order.RefundRefused {
		return order.Refund{ID: e.RefundID, OrderID: e.OrderID, Lines: []order.RefundLine{}, Status: e.Status, Code: *refusal(e)}, nil
	}
	return refund, err
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

// GetRefund reads a refund.
func (s *Store) GetRefund(ctx context.Context, refundID string) (order.Refund, error) {
	parsed, err := order.RefundIDPrefix.Parse(refundID)
	if err != nil {
		return order.Refund{}, order.ErrRefundNotFound
	}
	row, err := s.queries.GetRefund(ctx, parsed)
	if errors.Is(err, pgx.ErrNoRows) {
		return order.Refund{}, order.ErrRefundNotFound
	}
	if err != nil {
		return order.Refund{}, s.constraints.Translate(err)
	}
	return toRefund(row)
}

// ListRefunds reads the refunds of an order.
func (s *Store) ListRefunds(ctx context.Context, orderID string) ([]order.Refund, error) {
	parsed, err := order.IDPrefix.Parse(orderID)
	if err != nil {
		return []order.Refund{}, nil //nolint:nilerr // what is no id is no order's, which has none
	}
	rows, err := s.queries.ListRefunds(ctx, parsed)
	if err != nil {
		return nil, s.constraints.Translate(err)
	}
	return toRefunds(rows)
}

// RefundsLeft finds refunds whose saga nobody may have started.
func (s *Store) RefundsLeft(ctx context.Context, age time.Duration, limit int) ([]order.Refund, error) {
	left := unstartedParams(age, limit)
	rows, err := s.queries.RefundsLeft(ctx, orderdb.RefundsLeftParams(left))
	if err != nil {
		return nil, s.constraints.Translate(err)
	}
	return toRefunds(rows)
}
