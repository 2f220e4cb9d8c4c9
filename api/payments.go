package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/payment"
)

// Payment is the money of an order, or a payment of its own.
type Payment struct {
	ID             string                `json:"id" example:"pay_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	OrderID        *string               `json:"order_id" doc:"Null where the payment is of no order" example:"ord_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	UserID         string                `json:"user_id,omitempty" example:"usr_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Amount         Maybe[money.Money]    `json:"amount" doc:"Null where the payment was voided before it began"`
	Method         string                `json:"method,omitempty" example:"pm_card_visa"`
	Status         payment.Status        `json:"status" enum:"initiated,requires_action,authorized,captured,voided,declined,refunded"`
	Captured       int64                 `json:"captured" doc:"What was taken, in minor units" example:"1450"`
	Refunded       int64                 `json:"refunded" doc:"What was given back, in minor units" example:"0"`
	ProviderIntent string                `json:"provider_intent,omitempty" doc:"The provider's id" example:"pi_3abc"`
	DeclineCode    string                `json:"decline_code,omitempty" doc:"The provider's reason" example:"insufficient_funds"`
	Failure        Maybe[PaymentFailure] `json:"failure" doc:"Why a payment of its own did not come about. Null for an order's: the order tells"`
	NextAction     Maybe[CustomerAction] `json:"next_action" doc:"What the customer has to do, where a payment of its own requires it. Null for an order's: the order tells"`
	WorkflowID     *string               `json:"workflow_id" doc:"The saga of a payment of its own; find it in the Temporal Web UI by it. Null for an order's" example:"payment/pay_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	CreatedAt      time.Time             `json:"created_at"`
	UpdatedAt      time.Time             `json:"updated_at"`
}

// PaymentFailure says why a payment of its own did not come about.
type PaymentFailure struct {
	Code   string `json:"code" example:"payment_declined"`
	Detail string `json:"detail" example:"The payment was declined."`
	Step   string `json:"step" doc:"The step of the saga that failed; empty while it records that" example:"AuthorizePayment"`
}

func toPayment(p payment.Payment) Payment {
	out := Payment{
		ID: p.ID, UserID: p.UserID, Method: p.Method, Status: p.Status,
		Captured: p.Captured, Refunded: p.Refunded, ProviderIntent: p.ProviderIntent, DeclineCode: p.DeclineCode,
		CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
	}
	if !p.Amount.IsZero() {
		out.Amount.Value = &p.Amount
	}
	if !p.Own() {
		out.OrderID = &p.OrderID
		return out
	}
	workflowID := payment.WorkflowID(p.ID)
	out.WorkflowID = &workflowID
	if f := failureOf(p); f != nil {
		out.Failure.Value = &PaymentFailure{Code: f.Code, Detail: f.Detail, Step: f.Step}
	}
	if p.Status == payment.RequiresAction && p.ActionURL != "" && p.ActionExpiresAt != nil {
		out.NextAction.Value = &CustomerAction{Type: "redirect", URL: p.ActionURL, ExpiresAt: *p.ActionExpiresAt}
	}
	return out
}

// failureOf is why a payment of its own did not come about, nil where it did, or
// may still. What a provider declined is told by the provider's reason, also
// before the saga has recorded it.
func failureOf(p payment.Payment) *payment.Failure {
	switch {
	case p.Status == payment.Captured:
		return nil
	case p.Status == payment.Declined && (p.Failure == nil || p.Failure.Code == payment.ErrDeclined.Code):
		no := p.Refusal()
		told := payment.Failure{Code: no.Code, Detail: no.Message}
		if p.Failure != nil {
			told.Step = p.Failure.Step
		}
		return &told
	default:
		return p.Failure
	}
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
	c.registerTakePayment(a)
	huma.Register(a, operation("get-payment", http.MethodGet, "/v1/payments/{payment_id}", "payments", customers(readPayments), "Get a payment", "As the payment service knows it; the provider may be ahead.",
		payment.ErrNotFound), c.getPayment)
	huma.Register(a, operation("list-payments", http.MethodGet, "/v1/payments", "payments", customers(readPayments), "List payments", "Newest first. A customer sees their own."), c.listPayments)
	c.registerPaymentRefunds(a)
}

func (c Config) getPayment(ctx context.Context, in *paymentInput) (*paymentOutput, error) {
	p, err := c.ownPayment(ctx, in.PaymentID)
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &paymentOutput{Body: toPayment(p)}, nil
}

// ownPayment gives a payment; that of somebody else is as missing.
func (c Config) ownPayment(ctx context.Context, paymentID string) (payment.Payment, error) {
	p, err := c.Payments.Get(ctx, paymentID)
	if err == nil && !owns(ctx, p.UserID) {
		err = payment.ErrNotFound
	}
	return p, err
}

func (c Config) listPayments(ctx context.Context, in *listPaymentsInput) (*listPaymentsOutput, error) {
	userID, ok := within(ctx, in.UserID)
	if !ok {
		return &listPaymentsOutput{Body: newPage[payment.Payment](nil, toPayment, "")}, nil
	}
	found, err := c.Payments.List(ctx, payment.Filter{OrderID: in.OrderID, UserID: userID, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &listPaymentsOutput{Body: newPage(found.Items, toPayment, found.NextCursor)}, nil
}
