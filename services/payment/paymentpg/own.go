package paymentpg

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	paymentdb "github.com/skaldhq/skald/db/payment"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/payment"
)

// maxBatch bounds what PaymentsLeft and RefundsLeft give at once.
const maxBatch = 1000

// RequestPayment claims a payment of its own.
func (s *Store) RequestPayment(ctx context.Context, r payment.AuthorizeRequest) (payment.Payment, error) {
	if err := r.Validate(); err != nil {
		return payment.Payment{}, err
	}
	of, _ := payment.ParseSubject(r.OrderID)
	if !of.Own {
		return payment.Payment{}, fault.InvalidField("payment_id", "is not that of a payment")
	}
	fresh := newPayment(of, r)
	_, err := s.queries.ClaimPayment(ctx, paymentdb.ClaimPaymentParams{
		ID: of.ID, UserID: fresh.UserID, Amount: fresh.Amount, Currency: fresh.Currency, Method: fresh.Method, RequestHash: fresh.RequestHash,
	})
	if err != nil {
		return payment.Payment{}, s.constraints.Write(err)
	}
	row, err := s.own(ctx, of.ID)
	switch {
	case err != nil:
		return payment.Payment{}, err
	case row.RequestHash == nil:
		return payment.Payment{}, payment.ErrVoided
	case !bytes.Equal(row.RequestHash, r.Hash()):
		return payment.Payment{}, payment.ErrMismatch
	}
	return toPayment(row), nil
}

// own reads a payment of its own: ErrNotFound, ErrOfOrder.
func (s *Store) own(ctx context.Context, id uuid.UUID) (paymentdb.Payment, error) {
	row, err := s.queries.GetPayment(ctx, id)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return row, payment.ErrNotFound
	case err != nil:
		return row, s.constraints.Translate(err)
	case !row.Own:
		return row, payment.ErrOfOrder
	}
	return row, nil
}

// ClosePayment keeps why a payment of its own did not come about.
func (s *Store) ClosePayment(ctx context.Context, r payment.CloseRequest) (payment.Payment, error) {
	id, err := payment.IDPrefix.Parse(r.PaymentID)
	if err != nil {
		return payment.Payment{}, payment.ErrNotFound
	}
	_, err = s.queries.ClosePayment(ctx, paymentdb.ClosePaymentParams{
		ID: id, Code: r.Failure.Code, Detail: r.Failure.Detail, Step: r.Failure.Step,
	})
	if err != nil {
		return payment.Payment{}, s.constraints.Write(err)
	}
	row, err := s.own(ctx, id)
	if err != nil {
		return payment.Payment{}, err
	}
	if payment.Status(row.Status) == payment.Captured {
		if err := s.queries.KeepTaken(ctx, id); err != nil {
			return payment.Payment{}, s.constraints.Write(err)
		}
		return payment.Payment{}, payment.ErrCaptured
	}
	return toPayment(row), nil
}

// RequestRefund claims a refund of a payment of its own.
func (s *Store) RequestRefund(ctx context.Context, w payment.RefundWish) (payment.Refund, error) {
	id, err := payment.IDPrefix.Parse(w.PaymentID)
	if err != nil {
		return payment.Refund{}, payment.ErrNotFound
	}
	if err := w.Validate(); err != nil {
		return payment.Refund{}, err
	}
	if _, err := s.own(ctx, id); err != nil {
		return payment.Refund{}, err
	}
	row, refund, again, err := s.beginRefund(ctx, w.Request(), w)
	if err != nil {
		return payment.Refund{}, err
	}
	kept := toRefund(refund, row)
	switch {
	case again && kept.Reason != w.Reason:
		return payment.Refund{}, payment.ErrMismatch
	case kept.Code == payment.ErrRefundTooMuch.Code:
		return payment.Refund{}, payment.ErrRefundTooMuch
	}
	return kept, nil
}

// PaymentsLeft looks at payments whose saga has not ended.
func (s *Store) PaymentsLeft(ctx context.Context, age time.Duration, limit int) ([]payment.Payment, error) {
	rows, err := s.queries.PaymentsLeft(ctx, paymentdb.PaymentsLeftParams{Age: pg.Interval(age), Batch: batch(limit)})
	if err != nil {
		return nil, s.constraints.Write(err)
	}
	all := make([]payment.Payment, len(rows))
	for i, row := range rows {
		all[i] = toPayment(row)
	}
	return all, nil
}

// RefundsLeft looks at refunds whose saga has not ended.
func (s *Store) RefundsLeft(ctx context.Context, age time.Duration, limit int) ([]payment.Refund, error) {
	rows, err := s.queries.PaymentRefundsLeft(ctx, paymentdb.PaymentRefundsLeftParams{Age: pg.Interval(age), Batch: batch(limit)})
	if err != nil {
		return nil, s.constraints.Write(err)
	}
	all := make([]payment.Refund, len(rows))
	for i, row := range rows {
		all[i] = toRefund(row.PaymentRefund, row.Payment)
	}
	return all, nil
}

func batch(limit int) int32 { return int32(min(max(limit, 1), maxBatch)) } //nolint:gosec // at most maxBatch
