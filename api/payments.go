package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/payment"
)

// Payment is the money of an order.
type Payment struct {
	ID             string             `json:"id" example:"pay_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	OrderID        string             `json:"order_id" example:"ord_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	UserID         string             `json:"user_id,omitempty" example:"usr_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Amount         Maybe[money.Money] `json:"amount" doc:"Null where the payment was voided before it began"`
	Method         string             `json:"method,omitempty" example:"pm_card_visa"`
	Status         payment.Status     `json:"status" enum:"initiated,requires_action,authorized,captured,voided,declined,refunded"`
	Captured       int64              `json:"captured" doc:"What was taken, in minor units" example:"1450"`
	Refunded       int64              `json:"refunded" doc:"What was given back, in minor units" example:"0"`
	ProviderIntent string             `json:"provider_intent,omitempty" doc:"The provider's id" example:"pi_3abc"`
	DeclineCode    string             `json:"decline_code,omitempty" doc:"The provider's reason" example:"insufficient_funds"`
	CreatedAt      time.Time          `json:"created_at"`
	UpdatedAt      time.Time          `json:"updated_at"`
}

func toPayment(p payment.Payment) Payment {
	out := Payment{
		ID: p.ID, OrderID: p.OrderID, UserID: p.UserID, Method: p.Method, Status: p.Status,
		Captured: p.Captured, Refunded: p.Refunded, ProviderIntent: p.ProviderIntent, DeclineCode: p.DeclineCode,
		CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
	}
	if !p.Amount.IsZero() {
		out.Amount.Value = &p.Amount
	}
	return out
}

type paymentInput struct {
	PaymentID string `path:"payment_id" doc:"The payment's id" example:"pay_01k9m2v6y7e4p8s0t2w4x6z8ab"`
}

type paymentOutput struct{ Body Payment }

type listPaymentsInput struct {
	OrderID string `query:"order_id" doc:"The payment of this order only" example:"ord_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	UserID  string `query:"user_id" doc:"Payments of this user only" example:"usr_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	PageQuery
}

type listPaymentsOutput struct{ Body page[Payment] }

func (c Config) registerPayments(a huma.API) {
	huma.Register(a, operation("get-payment", http.MethodGet, "/v1/payments/{payment_id}", "payments", customers(readPayments), "Get a payment", "As the payment service knows it; the provider may be ahead.",
		payment.ErrNotFound), func(ctx context.Context, in *paymentInput) (*paymentOutput, error) {
		p, err := c.Payments.Get(ctx, in.PaymentID)
		if err == nil && !owns(ctx, p.UserID) {
			err = payment.ErrNotFound
		}
		if err != nil {
			return nil, problem(ctx, err)
		}
		return &paymentOutput{Body: toPayment(p)}, nil
	})
	huma.Register(a, operation("list-payments", http.MethodGet, "/v1/payments", "payments", customers(readPayments), "List payments", "Newest first. A customer sees their own."), func(ctx context.Context, in *listPaymentsInput) (*listPaymentsOutput, error) {
		userID, ok := within(ctx, in.UserID)
		if !ok {
			return &listPaymentsOutput{Body: newPage[payment.Payment](nil, toPayment, "")}, nil
		}
		found, err := c.Payments.List(ctx, payment.Filter{OrderID: in.OrderID, UserID: userID, Limit: in.Limit, Cursor: in.Cursor})
		if err != nil {
			return nil, problem(ctx, err)
		}
		return &listPaymentsOutput{Body: newPage(found.Items, toPayment, found.NextCursor)}, nil
	})
}
