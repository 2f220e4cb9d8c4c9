package paymentpg

import (
	"context"

	"github.com/google/uuid"

	paymentdb "github.com/skaldhq/skald/db/payment"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/payment"
)

// CapturePayment takes the held money.
func (s *Store) CapturePayment(ctx context.Context, r payment.OrderRequest) (payment.Payment, error) {
	return s.move(ctx, r, movement{
		op: payment.OpCapture, from: payment.Authorized, wants: payment.ErrNotAuthorized,
		done:    func(in payment.Intent) bool { return in.Status == payment.IntentCaptured },
		pending: func(in payment.Intent) bool { return in.Status == payment.IntentAuthorized },
		call:    s.provider.CaptureIntent,
	})
}

// RefundPayment gives all the captured money back.
func (s *Store) RefundPayment(ctx context.Context, r payment.OrderRequest) (payment.Payment, error) {
	return s.move(ctx, r, movement{
		op: payment.OpRefund, from: payment.Captured, wants: payment.ErrNotCaptured,
		done:    func(in payment.Intent) bool { return in.Captured > 0 && in.Refunded == in.Captured },
		pending: func(in payment.Intent) bool { return in.Status == payment.IntentCaptured && in.Refunded == 0 },
		call:    s.provider.RefundIntent,
	})
}

// movement is one way to move money that was authorized.
type movement struct {
	op    payment.Operation
	from  payment.Status
	wants error // the answer where there is no such money
	// done and pending tell from the provider's intent whether the movement
	// happened, or can still happen.
	done, pending func(payment.Intent) bool
	call          func(ctx context.Context, intentID, key string) (payment.Intent, error)
}

func (s *Store) move(ctx context.Context, r payment.OrderRequest, m movement) (payment.Payment, error) {
	orderID, err := parseOrder(r.OrderID)
	if err != nil {
		return payment.Payment{}, err
	}
	moved := false
	row, begun, err := s.begin(ctx, orderID, m.op, nil, func(_ *paymentdb.Queries, row paymentdb.Payment) (bool, error) {
		status := payment.Status(row.Status)
		switch {
		case status == payment.Refunded, status == payment.Captured && m.op == payment.OpCapture:
			moved = true
			return false, nil
		case row.Barred && m.op == payment.OpCapture:
			return false, payment.ErrVoided
		case status != m.from:
			return false, m.wants
		}
		return true, nil
	})
	if err != nil || moved {
		return toPayment(row), err
	}
	intent, err := s.moveAtProvider(ctx, *row.ProviderIntent, r.OrderID, begun, m)
	if err != nil {
		return payment.Payment{}, s.spend(ctx, orderID, m.op, begun.KeysSpent, err)
	}
	return s.finish(ctx, orderID, intent, m)
}

// moveAtProvider asks first where the movement was begun before.
func (s *Store) moveAtProvider(ctx context.Context, intentID, orderID string, begun paymentdb.StartOperationRow, m movement) (payment.Intent, error) {
	if begun.Again {
		intent, err := s.provider.GetIntent(ctx, intentID)
		if err != nil || !m.pending(intent) {
			return intent, err
		}
	}
	intent, err := m.call(ctx, intentID, m.op.ProviderKey(orderID, begun.KeysSpent))
	if fault.KindOf(err) == fault.Conflict {
		return s.provider.GetIntent(ctx, intentID)
	}
	return intent, err
}

// finish records the intent, and answers by it.
func (s *Store) finish(ctx context.Context, orderID uuid.UUID, intent payment.Intent, m movement) (payment.Payment, error) {
	row, err := s.record(ctx, orderID, m.op, intent)
	switch {
	case err != nil:
		return payment.Payment{}, err
	case m.done(intent):
		return toPayment(row), nil
	case m.pending(intent):
		return payment.Payment{}, errOpen
	default:
		return payment.Payment{}, m.wants // the provider ended the intent otherwise
	}
}
