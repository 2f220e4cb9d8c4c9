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
	of, err := payment.ParseSubject(r.OrderID)
	if err != nil {
		return payment.Payment{}, err
	}
	begun, err := s.queries.StartCapture(ctx, paymentdb.StartCaptureParams{
		OrderID: of.ID, ProviderKey: payment.OpCapture.ProviderKey(r.OrderID, 0),
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return s.notBegun(ctx, of.ID)
	}
	if err != nil {
		return payment.Payment{}, s.constraints.Write(err)
	}
	intent, err := s.capture(ctx, of, begun)
	if err != nil {
		return payment.Payment{}, s.spend(ctx, of.ID, payment.OpCapture, begun.KeysSpent, err)
	}
	return s.captured(ctx, of.ID, intent)
}

// notBegun is the answer where the payment is not where a capture starts.
func (s *Store) notBegun(ctx context.Context, orderID uuid.UUID) (payment.Payment, error) {
	row, err := s.queries.PaymentOfOrder(ctx, orderID)
	if errors.Is(err, pgx.ErrNoRows) {
		return payment.Payment{}, payment.ErrNotAuthorized
	}
	if err != nil {
		return payment.Payment{}, s.constraints.Translate(err)
	}
	switch status := payment.Status(row.Status); {
	case status == payment.Refunded, status == payment.Captured:
		return toPayment(row), nil // captured before
	case row.Barred:
		return payment.Payment{}, payment.ErrVoided
	case status == payment.Authorized:
		return payment.Payment{}, errOpen // it got there a moment ago
	default:
		return payment.Payment{}, payment.ErrNotAuthorized
	}
}

// capture asks first where the capture was begun before.
func (s *Store) capture(ctx context.Context, of payment.Subject, begun paymentdb.StartCaptureRow) (payment.Intent, error) {
	if begun.Again {
		intent, err := s.provider.GetIntent(ctx, begun.ProviderIntent)
		if err != nil || intent.Status != payment.IntentAuthorized {
			return intent, err
		}
	}
	key := payment.OpCapture.ProviderKey(of.String(), begun.KeysSpent)
	intent, err := s.provider.CaptureIntent(ctx, begun.ProviderIntent, key)
	if fault.KindOf(err) == fault.Conflict {
		return s.askAgain(ctx, begun.ProviderIntent, of.ID, payment.OpCapture, begun.KeysSpent)
	}
	return intent, err
}

// captured records the intent, and answers by it. Only an intent that the
// provider ended without the money is a no.
func (s *Store) captured(ctx context.Context, orderID uuid.UUID, intent payment.Intent) (payment.Payment, error) {
	row, err := s.record(ctx, orderID, payment.OpCapture, intent, 0)
	if err != nil {
		return payment.Payment{}, err
	}
	switch intent.Status {
	case payment.IntentCaptured:
		return toPayment(row), nil
	case payment.IntentCancelled, payment.IntentDeclined:
		return payment.Payment{}, payment.ErrNotAuthorized
	default:
		return payment.Payment{}, errOpen
	}
}
