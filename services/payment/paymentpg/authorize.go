package paymentpg

import (
	"bytes"
	"context"

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
	of, _ := payment.ParseSubject(r.OrderID)
	row, spent, err := s.beginAuthorization(ctx, of, r)
	if err != nil {
		return payment.Payment{}, err
	}
	if !open(row) {
		return authorized(row)
	}
	intent, err := s.authorize(ctx, row, of, r, spent)
	if err != nil {
		return payment.Payment{}, s.spend(ctx, of.ID, payment.OpAuthorize, spent, err)
	}
	if row, err = s.record(ctx, of.ID, payment.OpAuthorize, intent, r.ActionTimeout); err != nil {
		return payment.Payment{}, err
	}
	if open(row) && intent.Status != payment.IntentRequiresAction {
		return payment.Payment{}, errOpen // also where the customer has acted
	}
	return authorized(row)
}

// beginAuthorization commits the payment and its authorization's intent. Where
// the subject has a payment already, it takes that, as long as nothing forbids to
// go on with it.
func (s *Store) beginAuthorization(ctx context.Context, of payment.Subject, r payment.AuthorizeRequest) (row paymentdb.Payment, spent int32, err error) {
	fresh := newPayment(of, r)
	n, err := s.queries.BeginPayment(ctx, fresh)
	if err != nil {
		return paymentdb.Payment{}, 0, s.constraints.Write(err)
	}
	if n == 1 {
		return paymentdb.Payment{ID: fresh.ID, OrderID: of.ID, Own: of.Own, Status: string(payment.Initiated)}, 0, nil
	}
	row, begun, err := s.begin(ctx, of, payment.OpAuthorize, nil,
		func(_ *paymentdb.Queries, row paymentdb.Payment) (bool, error) {
			if row.Barred {
				return false, payment.ErrVoided
			}
			if !bytes.Equal(row.RequestHash, r.Hash()) {
				return false, payment.ErrMismatch
			}
			return open(row), nil
		})
	return row, begun.KeysSpent, err
}

// open tells whether a payment's authorization is not decided.
func open(row paymentdb.Payment) bool {
	status := payment.Status(row.Status)
	return status == payment.Initiated || status == payment.RequiresAction
}

// authorized is the answer that a payment's state gives to an authorization.
func authorized(row paymentdb.Payment) (payment.Payment, error) {
	switch payment.Status(row.Status) {
	case payment.Declined:
		return payment.Payment{}, payment.ErrDeclined
	case payment.Voided:
		return payment.Payment{}, payment.ErrVoided
	default:
		return toPayment(row), nil
	}
}

// authorize brings the intent at the provider as far as it goes.
func (s *Store) authorize(ctx context.Context, row paymentdb.Payment, of payment.Subject, r payment.AuthorizeRequest, spent int32) (payment.Intent, error) {
	if row.ProviderIntent != nil {
		return s.resume(ctx, of, *row.ProviderIntent, spent)
	}
	intent, err := s.provider.CreateIntent(ctx, payment.IntentRequest{
		OrderID: orderOf(row), UserID: r.UserID, PaymentID: payment.IDPrefix.Format(row.ID), Amount: r.Amount, Method: r.Method,
	}, payment.CreateKey(r.OrderID, spent))
	if fault.KindOf(err) == fault.Refused {
		return refused("", err), nil
	}
	if err != nil {
		return payment.Intent{}, err
	}
	// The intent's id is kept before it can hold money.
	stored, err := s.queries.StoreIntent(ctx, paymentdb.StoreIntentParams{OrderID: of.ID, ProviderIntent: intent.ID})
	if err != nil {
		return payment.Intent{}, s.constraints.Write(err)
	}
	if stored == 0 {
		return s.overtaken(ctx, of, spent)
	}
	return s.confirm(ctx, of, intent.ID, spent)
}

// overtaken goes on where a void or another attempt was faster with the order's
// payment. This attempt's intent is never confirmed, so it never holds anything.
func (s *Store) overtaken(ctx context.Context, of payment.Subject, spent int32) (payment.Intent, error) {
	row, err := s.queries.PaymentOfOrder(ctx, of.ID)
	switch {
	case err != nil:
		return payment.Intent{}, s.constraints.Translate(err)
	case row.Barred:
		return payment.Intent{}, payment.ErrVoided
	case row.ProviderIntent == nil:
		return payment.Intent{}, errOpen // declined before there was an intent: a retry tells
	}
	return s.resume(ctx, of, *row.ProviderIntent, spent)
}

// resume asks how the stored intent stands, and confirms it if that is left.
func (s *Store) resume(ctx context.Context, of payment.Subject, intentID string, spent int32) (payment.Intent, error) {
	intent, err := s.provider.GetIntent(ctx, intentID)
	if err != nil || intent.Status != payment.IntentCreated {
		return intent, err
	}
	return s.confirm(ctx, of, intentID, spent)
}

// confirm authorizes the intent. Where the intent's status has changed since it
// was asked for, another attempt was faster: its result counts.
func (s *Store) confirm(ctx context.Context, of payment.Subject, intentID string, spent int32) (payment.Intent, error) {
	intent, err := s.provider.ConfirmIntent(ctx, intentID, payment.OpAuthorize.ProviderKey(of.String(), spent))
	switch fault.KindOf(err) {
	case fault.Conflict:
		return s.askAgain(ctx, intentID, of.ID, payment.OpAuthorize, spent)
	case fault.Refused:
		return refused(intentID, err), nil
	default:
		return intent, err
	}
}

// refused is the intent of a method or an amount that the provider will never
// take: a decline, which is kept like any other.
func refused(intentID string, err error) payment.Intent {
	return payment.Intent{ID: intentID, Status: payment.IntentDeclined, DeclineCode: fault.From(err).Code}
}
