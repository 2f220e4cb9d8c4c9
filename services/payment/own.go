package payment

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/internal/text"
)

// Subject is what a payment is keyed by: the order that it is of (ord_…), or the
// payment itself where it is of no order (pay_…). Every operation takes either.
type Subject struct {
	ID  uuid.UUID
	Own bool
}

// ParseSubject reads a subject. Its error names the field order_id.
func ParseSubject(s string) (Subject, error) {
	if own, err := IDPrefix.Parse(s); err == nil {
		return Subject{ID: own, Own: true}, nil
	}
	order, err := OrderIDPrefix.Parse(s)
	if err != nil {
		return Subject{}, fault.InvalidField("order_id", err.Error())
	}
	return Subject{ID: order}, nil
}

// String writes the subject as the outside sees it.
func (s Subject) String() string {
	if s.Own {
		return IDPrefix.Format(s.ID)
	}
	return OrderIDPrefix.Format(s.ID)
}

// Own tells whether the payment is of no order.
func (p Payment) Own() bool { return p.OrderID == "" }

// Subject is what the payment is keyed by.
func (p Payment) Subject() string {
	if p.Own() {
		return p.ID
	}
	return p.OrderID
}

// Failure says why a payment of its own did not come about.
type Failure struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Step   string `json:"step"` // of the saga
}

// Refusal is the provider's no to a declined payment, as its reason tells.
func (p Payment) Refusal() *fault.Error {
	for _, known := range []*fault.Error{ErrMethod, ErrAmount} {
		if p.DeclineCode == known.Code {
			return known
		}
	}
	return ErrDeclined
}

// CloseRequest ends a payment of its own that did not come about.
type CloseRequest struct {
	PaymentID string  `json:"payment_id"`
	Failure   Failure `json:"failure"`
}

// RefundWish asks to give back a payment of its own, all or a part.
type RefundWish struct {
	PaymentID string `json:"payment_id"`
	RefundID  string `json:"refund_id"` // the key of the operation
	// Amount is in the payment's currency. The zero value: all that is left.
	Amount money.Money `json:"amount"`
	// Reason is for people, and stays in this service.
	Reason string `json:"reason"`
	// Caller is who asks; the first one counts.
	Caller string `json:"caller"`
}

// Request is the part of the wish that moves money.
func (w RefundWish) Request() RefundRequest {
	return RefundRequest{OrderID: w.PaymentID, RefundID: w.RefundID, Amount: w.Amount}
}

// maxReason is the longest reason, in characters.
const maxReason = 500

// Validate tells the first field that is wrong.
func (w RefundWish) Validate() error {
	if utf8.RuneCountInString(w.Reason) > maxReason || !text.Keepable(w.Reason) {
		return fault.InvalidField("reason", fmt.Sprintf("must be text of at most %d characters", maxReason))
	}
	return w.Request().Validate()
}

// WorkflowID is the id of the saga of a payment of its own.
func WorkflowID(paymentID string) string { return "payment/" + paymentID }

// RefundWorkflowID is the id of the saga of a refund of such a payment.
func RefundWorkflowID(refundID string) string { return "payment-refund/" + refundID }

// ReversalID is the id of the refund that gives back a payment of its own because
// it was turned back: the same on each retry and reset.
func ReversalID(paymentID string) (string, error) {
	u, err := IDPrefix.Parse(paymentID)
	if err != nil {
		return "", fault.InvalidField("payment_id", err.Error())
	}
	return RefundIDPrefix.Format(uuid.NewSHA1(u, []byte("reversal"))), nil
}

// Own is what the sagas of payments of their own need besides.
type Own interface {
	// ClosePayment keeps why the payment did not come about, and bars what may
	// still come, as a void does: one that was never begun is voided. What a
	// provider holds is a void's to give back, before. The first reason counts.
	// ErrCaptured: it came about, and stays so: what turned it back is over.
	// ErrNotFound.
	ClosePayment(ctx context.Context, r CloseRequest) (Payment, error)
	// PaymentsLeft gives at most limit payments of their own whose sagas have not come
	// to their end, so that somebody has to make sure that they run; also one that was
	// taken and is on its way back. What it gives, it gives again after age, on the
	// database's clock, and a tenth of how old the payment is, 5 minutes at most.
	// What waits longest comes first.
	PaymentsLeft(ctx context.Context, age time.Duration, limit int) ([]Payment, error)
	// RefundsLeft gives the same of the refunds of such payments that somebody asked
	// for. A reversal's is the payment's saga to see through.
	RefundsLeft(ctx context.Context, age time.Duration, limit int) ([]Refund, error)
}
