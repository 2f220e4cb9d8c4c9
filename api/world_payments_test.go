package api_test

import (
	"context"

	"github.com/skaldhq/skald/services/payment"
)

func (f fakePayments) RequestPayment(_ context.Context, r payment.AuthorizeRequest) (payment.Payment, error) {
	f.claimed = append(f.claimed, r)
	return f.payment, f.payErr
}
func (f fakePayments) RequestRefund(_ context.Context, w payment.RefundWish) (payment.Refund, error) {
	f.wishes = append(f.wishes, w)
	switch {
	case w.PaymentID != f.payment.ID:
		return payment.Refund{}, payment.ErrNotFound
	case !f.payment.Own():
		return payment.Refund{}, payment.ErrOfOrder
	}
	return f.refund, f.payErr
}
func (f fakePayments) ListRefunds(_ context.Context, subject string) ([]payment.Refund, error) {
	if subject != f.payment.Subject() {
		return nil, nil
	}
	return []payment.Refund{f.refund}, nil
}

func (f fakeSagas) Take(ctx context.Context, p payment.Payment) error {
	f.taken = append(f.taken, p.ID)
	return f.Start(ctx, f.order)
}
func (f fakeSagas) AwaitTaken(ctx context.Context, p payment.Payment) error {
	f.taken = append(f.taken, p.ID)
	return f.Await(ctx, f.order)
}
func (f fakeSagas) GiveBack(_ context.Context, r payment.Refund) error {
	f.givenBack = append(f.givenBack, r.ID)
	return nil
}
