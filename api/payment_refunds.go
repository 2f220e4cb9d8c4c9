package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/payment"
)

// PaymentRefund is money of a payment that goes back.
type PaymentRefund struct {
	ID         string               `json:"id" example:"rfd_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	PaymentID  string               `json:"payment_id" example:"pay_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Amount     money.Money          `json:"amount"`
	Reason     string               `json:"reason" doc:"Empty for an order's payment, whose order's refund tells, and where the payment was turned back, whose failure tells"`
	Status     payment.RefundStatus `json:"status" enum:"requested,done,failed"`
	Code       string               `json:"code,omitempty" doc:"Why it failed" example:"refund_failed"`
	WorkflowID *string              `json:"workflow_id" doc:"Its saga, or the payment's where that was turned back; find it in the Temporal Web UI by it. Null for an order's payment" example:"payment-refund/rfd_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	CreatedAt  time.Time            `json:"created_at"`
	UpdatedAt  time.Time            `json:"updated_at"`
}

// NewPaymentRefund asks to give a payment of its own back.
type NewPaymentRefund struct {
	Amount *NewAmount `json:"amount,omitempty" doc:"What goes back, in the payment's currency; left out: all that is left"`
	Reason string     `json:"reason" minLength:"1" maxLength:"500" example:"Paid twice."`
}

func toPaymentRefund(r payment.Refund) PaymentRefund {
	out := PaymentRefund{
		ID: r.ID, PaymentID: r.PaymentID, Amount: r.Amount, Reason: r.Reason, Status: r.Status, Code: r.Code, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	if r.OrderID == "" {
		workflowID := payment.RefundWorkflowID(r.ID)
		if r.Caller == "" { // the saga of the payment gave it back
			workflowID = payment.WorkflowID(r.PaymentID)
		}
		out.WorkflowID = &workflowID
	}
	return out
}

type newPaymentRefundInput struct {
	PaymentID string `path:"payment_id" doc:"The payment's id" example:"pay_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	KeyHeader
	Body NewPaymentRefund
}

type newPaymentRefundOutput struct {
	Status int
	Body   PaymentRefund
}

type listPaymentRefundsOutput struct{ Body page[PaymentRefund] }

func (c Config) registerPaymentRefunds(a huma.API) {
	create := operation("refund-payment", http.MethodPost, "/v1/payments/{payment_id}/refunds", "payments", servicesOnly(writePayments), "Refund a payment of its own",
		"All or a part of what was captured; for services and operators. The amount is set aside at once, the money goes back a moment later: look at the refund's `status`. "+
			"The payment of an order is refused with `payment_of_order`: refund the order instead, so that its units come back too. "+
			"More than is left is `refund_too_much`, and stays so. What the provider refuses is a refund that `failed`, with the code `refund_failed`.",
		payment.ErrNotFound, payment.ErrOfOrder, payment.ErrNotCaptured, payment.ErrRefundTooMuch)
	create.DefaultStatus = http.StatusAccepted
	huma.Register(a, create, c.refundPayment)
	huma.Register(a, operation("list-payment-refunds", http.MethodGet, "/v1/payments/{payment_id}/refunds", "payments", customers(readPayments), "List a payment's refunds",
		"Oldest first; of an order's payment too.", payment.ErrNotFound), c.listPaymentRefunds)
}

// refundPayment sets the amount aside, which cannot be lost then, and starts the
// refund's saga. Where that fails a dispatcher starts it.
func (c Config) refundPayment(ctx context.Context, in *newPaymentRefundInput) (*newPaymentRefundOutput, error) {
	wish := payment.RefundWish{
		PaymentID: in.PaymentID, RefundID: in.newID(ctx, payment.RefundIDPrefix, "refund-payment/"+in.PaymentID),
		Reason: in.Body.Reason, Caller: callerOf(ctx),
	}
	if in.Body.Amount != nil {
		wish.Amount = in.Body.Amount.money()
	}
	r, err := c.Payments.RequestRefund(ctx, wish)
	if errors.Is(err, payment.ErrMismatch) {
		return nil, keyReused(ctx)
	}
	if err != nil {
		return nil, problem(ctx, err)
	}
	if r.Status == payment.RefundRequested {
		if err := begin(ctx, c.Sagas.GiveBack, r); err != nil {
			note(ctx, err)
		}
	}
	return &newPaymentRefundOutput{Status: http.StatusAccepted, Body: toPaymentRefund(r)}, nil
}

func (c Config) listPaymentRefunds(ctx context.Context, in *paymentInput) (*listPaymentRefundsOutput, error) {
	p, err := c.ownPayment(ctx, in.PaymentID)
	if err != nil {
		return nil, problem(ctx, err)
	}
	all, err := c.Payments.ListRefunds(ctx, p.Subject())
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &listPaymentRefundsOutput{Body: newPage(all, toPaymentRefund, "")}, nil
}
