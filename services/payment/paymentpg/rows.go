package paymentpg

import (
	"github.com/google/uuid"

	paymentdb "github.com/skaldhq/skald/db/payment"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/payment"
)

// newPayment turns a validated request into a row.
func newPayment(orderID uuid.UUID, r payment.AuthorizeRequest) paymentdb.BeginPaymentParams {
	user, _ := payment.UserIDPrefix.Parse(r.UserID)
	return paymentdb.BeginPaymentParams{
		ID: uuid.Must(uuid.NewV7()), OrderID: orderID, UserID: user, Amount: r.Amount.Amount,
		Currency: r.Amount.Currency, Method: r.Method, RequestHash: r.Hash(),
		ProviderKey: payment.OpAuthorize.ProviderKey(r.OrderID, 0),
	}
}

func toPayment(row paymentdb.Payment) payment.Payment {
	if row.ID == uuid.Nil {
		return payment.Payment{}
	}
	p := payment.Payment{
		ID: payment.IDPrefix.Format(row.ID), OrderID: payment.OrderIDPrefix.Format(row.OrderID),
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
	return p
}
