package paymentpg

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

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
	begun, err := s.queries.StartMovement(ctx, paymentdb.StartMovementParams{
		OrderID: orderID, Status: string(m.from), VoidBars: m.op == payment.OpCapture,
		Operation: string(m.op), ProviderKey: m.op.ProviderKey(r.OrderID, 0),
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return s.notBegun(ctx, orderID, m)
	}
	if err != nil {
		return payment.Payment{}, s.constraints.Write(err)
	}
	intent, err := s.moveAtProvider(ctx, orderID, begun, m)
	if err != nil {
		return payment.Payment{}, s.spend(ctx, orderID, m.op, begun.KeysSpent, err)
	}
	return s.finish(ctx, orderID, intent, m)
}

// notBegun is the answer where the payment is not where the movement starts.
func (s *Store) notBegun(ctx context.Context, orderID uuid.UUID, m movement) (payment.Payment, error) {
	row, err := s.queries.PaymentOfOrder(ctx, orderID)
	if errors.Is(err, pgx.ErrNoRows) {
		return payment.Payment{}, payment.ErrNotAuthorized
	}
	if err != nil {
		return payment.Payment{}, s.constraints.Translate(err)
	}
	switch status := payment.Status(row.Status); {
	case status == payment.Refunded, status == payment.Captured && m.op == payment.OpCapture:
		return toPayment(row), nil // moved before
	case row.Barred && m.op == payment.OpCapture:
		return payment.Payment{}, payment.ErrVoided
	case status == m.from:
		return payment.Payment{}, errOpen // it got there a moment ago
	default:
		return payment.Payment{}, m.wants
	}
}

// moveAtProvider asks first where the movement was begun before.
func (s *Store) moveAtProvider(ctx context.Context, orderID uuid.UUID, begun paymentdb.StartMovementRow, m movement) (payment.Intent, error) {
	if begun.Again {
		intent, err := s.provider.GetIntent(ctx, begun.ProviderIntent)
		if err != nil || !m.pending(intent) {
			return intent, err
		}
	}
	intent, err := m.call(ctx, begun.ProviderIntent, m.op.ProviderKey(payment.OrderIDPrefix.Format(orderID), begun.KeysSpent))
	if fault.KindOf(err) == fault.Conflict {
		return s.askAgain(ctx, begun.ProviderIntent, orderID, m.op, begun.KeysSpent)
	}
	return intent, err
}

// finish records the intent, and answers by it. Only an intent that the
// provider ended without the money is a no.
func (s *Store) finish(ctx context.Context, orderID uuid.UUID, intent payment.Intent, m movement) (payment.Payment, error) {
	row, err := s.record(ctx, orderID, m.op, intent)
	switch {
	case err != nil:
		return payment.Payment{}, err
	case m.done(intent):
		return toPayment(row), nil
	case intent.Status == payment.IntentCancelled, intent.Status == payment.IntentDeclined:
		return payment.Payment{}, m.wants
	default:
		return payment.Payment{}, errOpen
	}
}
