package orderpg

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	orderdb "github.com/skaldhq/skald/db/order"
	"github.com/skaldhq/skald/services/order"
)

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
