package paymentpg

import (
	"context"
	"time"

	"github.com/google/uuid"

	paymentdb "github.com/skaldhq/skald/db/payment"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/payment"
)

// record commits what the provider said of an intent: the payment's state, and
// in the ledger every effect that the intent shows and that is not booked yet.
// A late answer never takes the payment back to an earlier state. Refunds are
// not the intent's: each is recorded by itself. acting, where it is not 0, is how
// long the customer has from the first record on that tells it.
func (s *Store) record(ctx context.Context, orderID uuid.UUID, op payment.Operation, intent payment.Intent, acting time.Duration) (paymentdb.Payment, error) {
	next := reached(intent)
	p := paymentdb.RecordParams{
		OrderID: orderID, Operation: string(op), Status: string(next), Behind: behind(next), Effects: effects(intent),
		Captured: intent.Captured, DeclineCode: intent.DeclineCode,
	}
	if next == payment.RequiresAction {
		p.ActionUrl = intent.ActionURL
		if acting > 0 {
			p.ActionTimeout = pg.Interval(acting)
		}
	}
	row, err := s.queries.Record(ctx, p)
	if err != nil {
		return paymentdb.Payment{}, s.constraints.Write(err)
	}
	return paymentdb.Payment(row), nil
}

// effects are what an intent shows to have happened to the money, in order.
func effects(in payment.Intent) []string {
	authorize, capture, void := string(payment.OpAuthorize), string(payment.OpCapture), string(payment.OpVoid)
	switch reached(in) {
	case payment.Authorized:
		return []string{authorize}
	case payment.Captured:
		return []string{authorize, capture}
	case payment.Voided:
		if in.Held {
			return []string{authorize, void}
		}
	case payment.Initiated, payment.RequiresAction, payment.Declined, payment.Refunded: // nothing was held, or not by what reached gives
	}
	return []string{}
}

// reached is the state that an intent brings a payment to.
func reached(in payment.Intent) payment.Status {
	switch in.Status {
	case payment.IntentRequiresAction:
		return payment.RequiresAction
	case payment.IntentAuthorized:
		return payment.Authorized
	case payment.IntentDeclined:
		return payment.Declined
	case payment.IntentCaptured:
		return payment.Captured
	case payment.IntentCancelled:
		return payment.Voided
	default: // created or processing: nothing has come of it
		return payment.Initiated
	}
}

// behind gives the states that a payment may leave for the next one. Declined
// stays declined when its intent is cancelled: that tells more.
func behind(next payment.Status) []string {
	waiting := []string{string(payment.Initiated), string(payment.RequiresAction)}
	switch next {
	case payment.RequiresAction, payment.Authorized: // the former again, for the newest URL
		return waiting
	case payment.Voided, payment.Declined:
		return append(waiting, string(payment.Authorized))
	case payment.Captured:
		return append(waiting, string(payment.Authorized), string(payment.Voided))
	default:
		return []string{}
	}
}
