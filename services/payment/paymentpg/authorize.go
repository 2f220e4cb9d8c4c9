package paymentpg

import (
	"bytes"
	"context"

	"github.com/google/uuid"

	paymentdb "github.com/skaldhq/skald/db/payment"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/payment"
)

// errOpen: the provider knows the intent but nothing has come of it yet.
var errOpen = fault.New(fault.Unknown, "payment_open", "The provider has not decided on the payment yet.")

// AuthorizePayment holds the amount.
func (s *Store) AuthorizePayment(ctx context.Context, r payment.AuthorizeRequest) (payment.Payment, error) {
	if err := r.Validate(); err != nil {
		return payment.Payment{}, err
	}
	orderID, _ := payment.OrderIDPrefix.Parse(r.OrderID)
	settled := false
	row, begun, err := s.begin(ctx, orderID, payment.OpAuthorize,
		func(q *paymentdb.Queries) error { return q.InsertPayment(ctx, newPayment(orderID, r)) },
		func(_ *paymentdb.Queries, row paymentdb.Payment) (bool, error) {
			if row.Barred {
				return false, payment.ErrVoided
			}
			if !bytes.Equal(row.RequestHash, r.Hash()) {
				return false, payment.ErrMismatch
			}
			switch payment.Status(row.Status) {
			case payment.Initiated, payment.RequiresAction:
				return true, nil
			default:
				settled = true
				return false, nil
			}
		})
	if err != nil {
		return payment.Payment{}, err
	}
	if settled {
		return authorized(row)
	}
	intent, err := s.authorize(ctx, orderID, row, r, begun.KeysSpent)
	if err != nil {
		return payment.Payment{}, s.spend(ctx, orderID, payment.OpAuthorize, begun.KeysSpent, err)
	}
	if row, err = s.record(ctx, orderID, payment.OpAuthorize, intent); err != nil {
		return payment.Payment{}, err
	}
	return authorized(row)
}

// authorized is the answer that a payment's state gives to an authorization.
func authorized(row paymentdb.Payment) (payment.Payment, error) {
	switch payment.Status(row.Status) {
	case payment.Declined:
		return payment.Payment{}, payment.ErrDeclined
	case payment.Voided:
		return payment.Payment{}, payment.ErrVoided
	case payment.Initiated:
		return payment.Payment{}, errOpen
	default:
		return toPayment(row), nil
	}
}

// authorize brings the intent at the provider as far as it goes.
func (s *Store) authorize(ctx context.Context, orderID uuid.UUID, row paymentdb.Payment, r payment.AuthorizeRequest, spent int32) (payment.Intent, error) {
	if row.ProviderIntent != nil {
		intent, err := s.provider.GetIntent(ctx, *row.ProviderIntent)
		if err != nil || intent.Status != payment.IntentCreated {
			return intent, err
		}
		return s.confirm(ctx, r.OrderID, intent.ID, spent)
	}
	intent, err := s.provider.CreateIntent(ctx, payment.IntentRequest{
		OrderID: r.OrderID, UserID: r.UserID, PaymentID: payment.IDPrefix.Format(row.ID), Amount: r.Amount, Method: r.Method,
	}, payment.CreateKey(r.OrderID, spent))
	if fault.KindOf(err) == fault.Refused {
		// The provider will never take this method or amount: a decline.
		return payment.Intent{Status: payment.IntentDeclined, DeclineCode: fault.From(err).Code}, nil
	}
	if err != nil {
		return payment.Intent{}, err
	}
	if err := s.storeIntent(ctx, orderID, intent.ID); err != nil {
		return payment.Intent{}, err
	}
	return s.confirm(ctx, r.OrderID, intent.ID, spent)
}

// storeIntent keeps the intent's id before it can hold money, unless a void
// came meanwhile: then nothing will ever be held by it.
func (s *Store) storeIntent(ctx context.Context, orderID uuid.UUID, intentID string) error {
	return s.inTx(ctx, func(q *paymentdb.Queries) error {
		row, err := q.LockPayment(ctx, orderID)
		if err != nil {
			return err
		}
		if row.Barred {
			return payment.ErrVoided
		}
		return q.StoreIntent(ctx, paymentdb.StoreIntentParams{OrderID: orderID, ProviderIntent: intentID})
	})
}

// confirm authorizes the intent. Where the intent's status has changed since it
// was asked for, another attempt was faster: its result counts.
func (s *Store) confirm(ctx context.Context, orderID, intentID string, spent int32) (payment.Intent, error) {
	intent, err := s.provider.ConfirmIntent(ctx, intentID, payment.OpAuthorize.ProviderKey(orderID, spent))
	if fault.KindOf(err) == fault.Conflict {
		return s.provider.GetIntent(ctx, intentID)
	}
	return intent, err
}
