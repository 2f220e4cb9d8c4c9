package orderpg

import (
	"context"
	"time"

	orderdb "github.com/skaldhq/skald/db/order"
	"github.com/skaldhq/skald/services/order"
)

// RequestCancellation records that the customer wants out.
func (s *Store) RequestCancellation(ctx context.Context, orderID, reason string) (order.Order, error) {
	parsed, err := order.IDPrefix.Parse(orderID)
	if err != nil {
		return order.Order{}, order.ErrNotFound
	}
	if err := order.ValidateReason(reason); err != nil {
		return order.Order{}, err
	}
	if _, err := s.queries.RequestCancellation(ctx, orderdb.RequestCancellationParams{ID: parsed, Reason: reason}); err != nil {
		return order.Order{}, s.constraints.Write(err)
	}
	return s.read(ctx, parsed)
}

// CancellationsLeft finds orders whose cancellation nobody may have driven.
func (s *Store) CancellationsLeft(ctx context.Context, age time.Duration, limit int) ([]order.Order, error) {
	left := unstartedParams(age, limit)
	rows, err := s.queries.CancellationsLeft(ctx, orderdb.CancellationsLeftParams(left))
	if err != nil {
		return nil, s.constraints.Translate(err)
	}
	orders := make([]order.Order, len(rows))
	for i, row := range rows {
		if orders[i], err = toOrder(row.Order, row.Items); err != nil {
			return nil, err
		}
	}
	return orders, nil
}
