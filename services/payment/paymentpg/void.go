package paymentpg

import (
	"context"

	paymentdb "github.com/skaldhq/skald/db/payment"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/payment"
)

// VoidPayment gives the hold back and bars one that has not landed. From its
// first commit on nothing is authorized or captured any more: an intent that
// is not stored by then is never confirmed.
func (s *Store) VoidPayment(ctx context.Context, r payment.OrderRequest) (payment.Payment, error) {
	of, err := payment.ParseSubject(r.OrderID)
	if err != nil {
		return payment.Payment{}, err
	}
	orderID := of.ID
	held := false
	row, begun, err := s.begin(ctx, of, payment.OpVoid,
		func(q *paymentdb.Queries) error {
			return q.InsertTombstone(ctx, paymentdb.InsertTombstoneParams{ID: paymentID(of), OrderID: orderID, Own: of.Own})
		},
		func(q *paymentdb.Queries, row paymentdb.Payment) (bool, error) {
			switch payment.Status(row.Status) {
			case payment.Captured, payment.Refunded:
				return false, barTaken(ctx, q, of)
			case payment.Voided:
				return true, nil
			default:
				held = row.ProviderIntent != nil
				return true, q.BarPayment(ctx, orderID)
			}
		})
	if status := payment.Status(row.Status); err == nil && (status == payment.Captured || status == payment.Refunded) {
		err = payment.ErrCaptured
	}
	if err != nil {
		return payment.Payment{}, err
	}
	intent := payment.Intent{Status: payment.IntentCancelled}
	if held {
		if intent, err = s.cancel(ctx, of, *row.ProviderIntent, begun.KeysSpent); err != nil {
			return payment.Payment{}, s.spend(ctx, orderID, payment.OpVoid, begun.KeysSpent, err)
		}
	}
	row, err = s.record(ctx, orderID, payment.OpVoid, intent, 0)
	switch {
	case err != nil:
		return payment.Payment{}, err
	case intent.Status == payment.IntentCancelled:
		return toPayment(row), nil
	case intent.Status == payment.IntentCaptured:
		return payment.Payment{}, payment.ErrCaptured
	default:
		return payment.Payment{}, errOpen // it may hold the amount, or come to
	}
}

// barTaken keeps that a payment of its own is to be turned back, though it was
// taken: nobody else does. Of an order's, the order service keeps it.
func barTaken(ctx context.Context, q *paymentdb.Queries, of payment.Subject) error {
	if !of.Own {
		return nil
	}
	return q.BarPayment(ctx, of.ID)
}

// cancel ends the intent at the provider, whatever holds it.
func (s *Store) cancel(ctx context.Context, of payment.Subject, intentID string, spent int32) (payment.Intent, error) {
	intent, err := s.provider.GetIntent(ctx, intentID)
	if err != nil || intent.Status == payment.IntentCancelled || intent.Status == payment.IntentCaptured {
		return intent, err
	}
	intent, err = s.provider.CancelIntent(ctx, intentID, payment.OpVoid.ProviderKey(of.String(), spent))
	if fault.KindOf(err) == fault.Conflict {
		return s.askAgain(ctx, intentID, of.ID, payment.OpVoid, spent)
	}
	return intent, err
}
