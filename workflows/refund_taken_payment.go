package workflows

import (
	"context"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/workflows/saga"
)

// RefundTakenPaymentName is the registered name of the saga that gives back a
// payment of its own, all or a part.
const RefundTakenPaymentName = "RefundTakenPayment"

// RefundTakenPaymentInput names a refund that the payment service has kept.
type RefundTakenPaymentInput struct {
	PaymentID string `json:"payment_id"`
	RefundID  string `json:"refund_id"`
}

// RefundTakenPayment gives back a payment of its own. It is one step, and the
// payment service keeps what comes of it, a refusal too.
type RefundTakenPayment struct{ saga *saga.Saga[givingBack] }

// givingBack is the state of one refund's saga.
type givingBack struct {
	in     RefundTakenPaymentInput
	status payment.RefundStatus
}

// NewRefundTakenPayment checks the saga's declaration.
func NewRefundTakenPayment() (*RefundTakenPayment, error) {
	s, err := saga.New(saga.Definition[givingBack]{
		Name: RefundTakenPaymentName,
		Stages: []saga.Stage[givingBack]{{saga.Step[givingBack]{
			Name: "RefundPayment", Summary: "pivot: give the money back", Kind: saga.Pivot,
			Action: saga.Action[givingBack]{Policy: on(QueuePayment, settle), Do: func(ctx workflow.Context, _ *saga.Run[givingBack], g *givingBack) error {
				return workflow.ExecuteActivity(ctx, payments.RefundPayment, payment.RefundRequest{
					OrderID: g.in.PaymentID, RefundID: g.in.RefundID, Kept: true,
				}).Get(ctx, nil)
			}},
		}}},
		Close: saga.Undo[givingBack]{
			Name: "TellRefusal", Summary: "say why no money went back",
			Action: saga.Action[givingBack]{Policy: record, Do: func(ctx workflow.Context, r *saga.Run[givingBack], g *givingBack) error {
				workflow.GetLogger(ctx).Warn("refund refused", "refund", g.in.RefundID, "payment", g.in.PaymentID, "code", r.Failure().Reason())
				g.status = payment.RefundFailed
				return nil
			}},
		},
		Deadline:  refundDeadline,
		Grace:     stageGrace,
		OnResolve: audit[givingBack],
	})
	if err != nil {
		return nil, err
	}
	return &RefundTakenPayment{saga: s}, nil
}

// Run gives the money back. A no of the provider is an outcome, not an error.
func (w *RefundTakenPayment) Run(ctx workflow.Context, in RefundTakenPaymentInput) (payment.RefundStatus, error) {
	g := &givingBack{in: in, status: payment.RefundDone}
	_ = w.saga.Run(ctx, g) // how it ended is in g
	err := awaitHandlers(ctx)
	return g.status, err
}

// StartRefundTakenPayment starts the saga of a refund, also where its last run was
// cut off: what it did is not done twice.
func StartRefundTakenPayment(ctx context.Context, c client.Client, r payment.Refund) error {
	o := sagaOptions(payment.RefundWorkflowID(r.ID), "Refund "+r.ID+" of payment "+r.PaymentID, refundTakenPaymentDetails)
	return start(ctx, c, "saga of refund "+r.ID, orAgain(o), RefundTakenPaymentName, RefundTakenPaymentInput{PaymentID: r.PaymentID, RefundID: r.ID})
}

const refundTakenPaymentDetails = `Saga of one refund of a payment that is of no order:

1. **RefundPayment** (payment): the pivot; a definite no ends the refund as failed`
