package paymentpg

import (
	"github.com/google/uuid"

	paymentdb "github.com/skaldhq/skald/db/payment"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/payment"
)

// newPayment turns a validated request into a row.
func newPayment(of payment.Subject, r payment.AuthorizeRequest) paymentdb.BeginPaymentParams {
	user, _ := payment.UserIDPrefix.Parse(r.UserID)
	return paymentdb.BeginPaymentParams{
		ID: paymentID(of), OrderID: of.ID, Own: of.Own, UserID: user, Amount: r.Amount.Amount,
		Currency: r.Amount.Currency, Method: r.Method, RequestHash: r.Hash(),
		ProviderKey: payment.OpAuthorize.ProviderKey(r.OrderID, 0),
	}
}

// paymentID is the id of a subject's payment that is new.
func paymentID(of payment.Subject) uuid.UUID {
	if of.Own {
		return of.ID
	}
	return uuid.Must(uuid.NewV7())
}

// orderOf is the order that a payment is of; empty where it is its own.
func orderOf(row paymentdb.Payment) string {
	if row.Own {
		return ""
	}
	return payment.OrderIDPrefix.Format(row.OrderID)
}

func toPayment(row paymentdb.Payment) payment.Payment {
	if row.ID == uuid.Nil {
		return payment.Payment{}
	}
	p := payment.Payment{
		ID: payment.IDPrefix.Format(row.ID), OrderID: orderOf(row),
		Status: payment.Status(row.Status), Captured: row.Captured, Refunded: row.Refunded,
		DeclineCode: row.DeclineCode, ActionURL: row.ActionUrl,
		CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}
	if row.UserID != nil { // a tombstone has no request
		p.UserID = payment.UserIDPrefix.Format(*row.UserID)
		p.Amount = money.New(*row.Amount, *row.Currency)
		p.Method = *row.Method
	}
	if row.ProviderIntent != nil {
		p.ProviderIntent = *row.ProviderIntent
	}
	if row.ActionExpiresAt != nil {
		expires := row.ActionExpiresAt.UTC()
		p.ActionExpiresAt = &expires
	}
	if row.FailureCode != nil {
		p.Failure = &payment.Failure{Code: *row.FailureCode, Detail: *row.FailureDetail, Step: *row.FailureStep}
	}
	return p
}

func toRefund(row paymentdb.PaymentRefund, of paymentdb.Payment) payment.Refund {
	r := payment.Refund{
		ID: payment.RefundIDPrefix.Format(row.ID), PaymentID: payment.IDPrefix.Format(of.ID), OrderID: orderOf(of),
		Amount: money.New(row.Amount, *of.Currency), Status: payment.RefundStatus(row.Status), Reason: row.Reason, Caller: row.Caller,
		CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}
	if row.RefusalCode != nil {
		r.Code = *row.RefusalCode
	}
	return r
}
