package paymentpg

import (
	"bytes"
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	paymentdb "github.com/skaldhq/skald/db/payment"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/payment"
)

// RefundPayment gives captured money back. Nothing at the provider keeps a part
// from going back twice but the refund's key, which does not live for ever, and
// our id of it: so a retry looks for that first.
func (s *Store) RefundPayment(ctx context.Context, r payment.RefundRequest) (payment.Payment, error) {
	if err := r.Validate(); err != nil {
		return payment.Payment{}, err
	}
	row, refund, again, err := s.beginRefund(ctx, r, payment.RefundWish{})
	if err != nil {
		return payment.Payment{}, err
	}
	if payment.RefundStatus(refund.Status) == payment.RefundRequested {
		there, err := s.refundAtProvider(ctx, row, refund, again)
		if err != nil {
			return payment.Payment{}, err
		}
		if row, refund, err = s.endRefund(ctx, refund, there); err != nil {
			return payment.Payment{}, err
		}
	}
	switch payment.RefundStatus(refund.Status) {
	case payment.RefundDone:
		return toPayment(row), nil
	case payment.RefundFailed: // kept, so it had to be committed first
		if *refund.RefusalCode == payment.ErrRefundTooMuch.Code {
			if r.Reversal && row.Refunded == row.Captured { // it was begun as another one: all has gone back
				return toPayment(row), nil
			}
			return payment.Payment{}, payment.ErrRefundTooMuch
		}
		return payment.Payment{}, payment.ErrRefundFailed
	default:
		return payment.Payment{}, errOpen
	}
}

// beginRefund commits the refund's intent, its amount set aside, or the refusal
// of it; of a reversal that has nothing to give back it keeps nothing. again tells
// that it was begun before. The wish, if there is one, tells what else to keep of it.
func (s *Store) beginRefund(ctx context.Context, r payment.RefundRequest, w payment.RefundWish) (row paymentdb.Payment, refund paymentdb.PaymentRefund, again bool, err error) {
	of, _ := payment.ParseSubject(r.OrderID)
	refundID, _ := payment.RefundIDPrefix.Parse(r.RefundID)
	err = s.inTx(ctx, func(q *paymentdb.Queries) error {
		if row, err = q.LockPayment(ctx, of.ID); errors.Is(err, pgx.ErrNoRows) {
			return payment.ErrNotCaptured
		} else if err != nil {
			return err
		}
		refund, err = q.FindRefund(ctx, refundID)
		switch {
		case err == nil && (refund.OrderID != of.ID || !agrees(refund, r)):
			return payment.ErrMismatch
		case err == nil:
			again = true
			return nil
		case !errors.Is(err, pgx.ErrNoRows):
			return err
		case r.Kept:
			return payment.ErrRefundNotFound
		}
		fresh, err := newRefund(row, refundID, r, w)
		if err != nil {
			return err
		}
		switch {
		case r.Reversal && row.Refunding > 0: // it may fail, and its part be left then
			return payment.ErrRefundUnderWay
		case r.Reversal && fresh.Amount == 0:
			refund.Status = string(payment.RefundDone)
			return nil
		}
		n, err := q.SetAside(ctx, paymentdb.SetAsideParams{OrderID: of.ID, Amount: fresh.Amount})
		if err != nil {
			return err
		}
		if n == 0 || fresh.Amount == 0 {
			fresh.Status, fresh.RefusalCode = string(payment.RefundFailed), &payment.ErrRefundTooMuch.Code
		}
		refund, err = q.InsertRefund(ctx, fresh)
		return err
	})
	return row, refund, again, err
}

// agrees tells whether a refund that is kept is what a request asks for.
func agrees(refund paymentdb.PaymentRefund, r payment.RefundRequest) bool {
	return r.Reversal || r.Kept || bytes.Equal(refund.RequestHash, r.Hash())
}

// newRefund is the refund of a request of a payment that is locked.
func newRefund(row paymentdb.Payment, refundID uuid.UUID, r payment.RefundRequest, w payment.RefundWish) (paymentdb.InsertRefundParams, error) {
	status := payment.Status(row.Status)
	if status != payment.Captured && status != payment.Refunded {
		return paymentdb.InsertRefundParams{}, payment.ErrNotCaptured
	}
	amount := r.Amount.Amount
	if r.Amount.IsZero() {
		amount = row.Captured - row.Refunded - row.Refunding
	} else if r.Amount.Currency != *row.Currency {
		return paymentdb.InsertRefundParams{}, fault.InvalidField("amount.currency", "is not the payment's")
	}
	return paymentdb.InsertRefundParams{
		ID: refundID, OrderID: row.OrderID, Amount: amount, RequestHash: r.Hash(),
		ProviderKey: payment.RefundKey(r.OrderID, r.RefundID), Status: string(payment.RefundRequested),
		Reason: w.Reason, Caller: w.Caller,
	}, nil
}

// refundAtProvider asks first where the refund was begun before. What the
// provider refuses without having done it is failed.
func (s *Store) refundAtProvider(ctx context.Context, row paymentdb.Payment, refund paymentdb.PaymentRefund, again bool) (payment.ProviderRefund, error) {
	intentID, refundID := *row.ProviderIntent, payment.RefundIDPrefix.Format(refund.ID)
	if again {
		there, found, err := s.provider.FindRefund(ctx, intentID, refundID)
		if err != nil || found {
			return there, err
		}
	}
	there, err := s.provider.RefundIntent(ctx, payment.ProviderRefundRequest{
		IntentID: intentID, OrderID: orderOf(row), PaymentID: payment.IDPrefix.Format(row.ID), RefundID: refundID, Amount: refund.Amount,
	}, refund.ProviderKey)
	if kind := fault.KindOf(err); kind != fault.Conflict && kind != fault.Refused {
		return there, err
	}
	there, found, err := s.provider.FindRefund(ctx, intentID, refundID)
	if err == nil && !found {
		there.Status = payment.ProviderRefundFailed
	}
	return there, err
}

// endRefund commits what the provider said of a refund: the payment's sums and
// the ledger, once. It gives both as they are then.
func (s *Store) endRefund(ctx context.Context, refund paymentdb.PaymentRefund, there payment.ProviderRefund) (row paymentdb.Payment, ended paymentdb.PaymentRefund, err error) {
	end := paymentdb.EndRefundParams{ID: refund.ID}
	if there.ID != "" {
		end.ProviderRefund = &there.ID
	}
	done := there.Status == payment.ProviderRefundDone
	switch there.Status {
	case payment.ProviderRefundDone:
		end.Status = string(payment.RefundDone)
	case payment.ProviderRefundFailed:
		end.Status, end.RefusalCode = string(payment.RefundFailed), &payment.ErrRefundFailed.Code
	default:
		return row, refund, errOpen
	}
	err = s.inTx(ctx, func(q *paymentdb.Queries) error {
		if _, err := q.LockPayment(ctx, refund.OrderID); err != nil {
			return err
		}
		amount, err := q.EndRefund(ctx, end)
		switch {
		case errors.Is(err, pgx.ErrNoRows): // another attempt was faster
		case err != nil:
			return err
		default:
			if err := settle(ctx, q, refund, amount, done); err != nil {
				return err
			}
		}
		if ended, err = q.FindRefund(ctx, refund.ID); err != nil {
			return err
		}
		row, err = q.PaymentOfOrder(ctx, refund.OrderID)
		return err
	})
	return row, ended, err
}

// settle takes a refund that ended off what was set aside, and books it.
func settle(ctx context.Context, q *paymentdb.Queries, refund paymentdb.PaymentRefund, amount int64, done bool) error {
	if err := q.SettleRefund(ctx, paymentdb.SettleRefundParams{OrderID: refund.OrderID, Amount: amount, Done: done}); err != nil || !done {
		return err
	}
	return q.BookRefund(ctx, paymentdb.BookRefundParams{OrderID: refund.OrderID, RefundID: refund.ID, Amount: amount})
}

// ListRefunds reads the refunds of a subject.
func (s *Store) ListRefunds(ctx context.Context, subject string) ([]payment.Refund, error) {
	of, err := payment.ParseSubject(subject)
	if err != nil {
		return []payment.Refund{}, nil //nolint:nilerr // what is no id is nobody's, which has none
	}
	rows, err := s.queries.ListRefunds(ctx, paymentdb.ListRefundsParams{OrderID: of.ID, Own: of.Own})
	if err != nil {
		return nil, s.constraints.Translate(err)
	}
	all := make([]payment.Refund, len(rows))
	for i, row := range rows {
		all[i] = toRefund(row.PaymentRefund, row.Payment)
	}
	return all, nil
}
