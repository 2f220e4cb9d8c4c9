package paymentpg

import (
	"context"

	"github.com/google/uuid"

	paymentdb "github.com/skaldhq/skald/db/payment"
	"github.com/skaldhq/skald/services/payment"
)

// The ledger's accounts.
const (
	accountCustomer   = "customer"
	accountAuthorized = "authorized"
	accountCaptured   = "captured"
)

// bookings says from where to where each effect moves the amount.
func bookings(op payment.Operation) (from, to string) {
	switch op {
	case payment.OpVoid:
		return accountAuthorized, accountCustomer
	case payment.OpCapture:
		return accountAuthorized, accountCaptured
	case payment.OpRefund:
		return accountCaptured, accountCustomer
	default:
		return accountCustomer, accountAuthorized
	}
}

// record commits what the provider said of an intent: the payment's state, and
// in the ledger every effect that the intent shows and that is not booked yet.
// A late answer never takes the payment back to an earlier state.
func (s *Store) record(ctx context.Context, orderID uuid.UUID, op payment.Operation, intent payment.Intent) (paymentdb.Payment, error) {
	var row paymentdb.Payment
	err := s.inTx(ctx, func(q *paymentdb.Queries) error {
		var err error
		if row, err = q.LockPayment(ctx, orderID); err != nil {
			return err
		}
		for _, effect := range effects(intent) {
			from, to := bookings(effect)
			err := q.Book(ctx, paymentdb.BookParams{
				PaymentID: row.ID, OrderID: orderID, Kind: string(effect),
				Amount: *row.Amount, Currency: *row.Currency, FromAccount: from, ToAccount: to,
			})
			if err != nil {
				return err
			}
		}
		if next := advance(row, intent); next != payment.Status(row.Status) || next == payment.RequiresAction {
			if row, err = q.SettlePayment(ctx, settlement(orderID, next, intent)); err != nil {
				return err
			}
		}
		return q.FinishOperation(ctx, paymentdb.FinishOperationParams{OrderID: orderID, Operation: string(op), Outcome: row.Status})
	})
	return row, err
}

// effects are what an intent shows to have happened to the money, in order.
func effects(in payment.Intent) []payment.Operation {
	switch in.Status {
	case payment.IntentAuthorized:
		return []payment.Operation{payment.OpAuthorize}
	case payment.IntentCaptured:
		if in.Captured > 0 && in.Refunded == in.Captured {
			return []payment.Operation{payment.OpAuthorize, payment.OpCapture, payment.OpRefund}
		}
		return []payment.Operation{payment.OpAuthorize, payment.OpCapture}
	case payment.IntentCancelled:
		if in.Held {
			return []payment.Operation{payment.OpAuthorize, payment.OpVoid}
		}
	case payment.IntentCreated, payment.IntentRequiresAction, payment.IntentDeclined: // nothing is held
	}
	return nil
}

// advance is the payment's state after an intent, which is never an earlier one.
func advance(row paymentdb.Payment, in payment.Intent) payment.Status {
	now, next := payment.Status(row.Status), payment.Initiated
	switch in.Status {
	case payment.IntentRequiresAction:
		next = payment.RequiresAction
	case payment.IntentAuthorized:
		next = payment.Authorized
	case payment.IntentDeclined:
		next = payment.Declined
	case payment.IntentCaptured:
		next = payment.Captured
		if in.Captured > 0 && in.Refunded == in.Captured {
			next = payment.Refunded
		}
	case payment.IntentCancelled:
		next = payment.Voided
	case payment.IntentCreated: // as before
	}
	if rank(next) > rank(now) {
		return next
	}
	return now
}

// rank orders the states a payment goes through. Declined stays declined when
// its intent is cancelled: that tells more.
func rank(s payment.Status) int {
	switch s {
	case payment.Initiated:
		return 0
	case payment.RequiresAction:
		return 1
	case payment.Authorized:
		return 2
	case payment.Voided:
		return 3
	case payment.Declined, payment.Captured:
		return 4
	default:
		return 5
	}
}

func settlement(orderID uuid.UUID, status payment.Status, in payment.Intent) paymentdb.SettlePaymentParams {
	p := paymentdb.SettlePaymentParams{
		OrderID: orderID, Status: string(status), Captured: in.Captured, Refunded: in.Refunded, DeclineCode: in.DeclineCode,
	}
	if status == payment.RequiresAction {
		p.ActionUrl = in.ActionURL
	}
	return p
}
