package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/workflows/saga"
)

// closePayment records why the payment did not come about. One that was taken all
// the same, by a run before this one, stays taken.
func closePayment() takeUndo {
	return takeUndo{
		Name: "ClosePayment", Summary: "record why the payment did not come about",
		Action: saga.Action[taking]{Policy: on(QueuePayment, settle), Do: func(ctx workflow.Context, r *takeRun, t *taking) error {
			why := payment.CloseRequest{PaymentID: t.in.PaymentID, Failure: t.why(r.Failure())}
			err := workflow.ExecuteActivity(ctx, payments.ClosePayment, why).Get(ctx, &t.payment)
			if errType(err) == payment.ErrCaptured.Code {
				t.payment.Status = payment.Captured
				return nil
			}
			return err
		}},
	}
}

// why is what a client is told of the failure that turned the saga back.
func (t *taking) why(f *saga.Failure) payment.Failure {
	code, detail := reason(f, "payment", "taken", t.acting)
	return payment.Failure{Code: code, Detail: detail, Step: f.Step}
}

// reverseTaken turns a payment back that is parked at its pivot, by an operator's
// decision, or of which nobody knows what an earlier run did.
func reverseTaken() takeUndo {
	return takeUndo{
		Name: "ReversePayment", Summary: "give back what is held or taken",
		Action: saga.Action[taking]{Policy: on(QueuePayment, settle), Do: func(ctx workflow.Context, _ *takeRun, t *taking) error {
			return giveMoneyBack(ctx, t.in.PaymentID, payment.ReversalID)
		}},
	}
}

// resumePayment lets a run go on where one before it was cut off.
func resumePayment() *saga.Resume[taking] {
	return &saga.Resume[taking]{
		Name: "TakeStock", Summary: "what was done before",
		Due: func(t *taking) bool { return t.in.Again },
		Action: saga.Action[taking]{Policy: on(QueuePayment, settle), Do: func(ctx workflow.Context, _ *takeRun, t *taking) error {
			var found []payment.Standing
			err := workflow.ExecuteActivity(ctx, payments.ReadPayments, []string{t.in.PaymentID}).Get(ctx, &found)
			if err == nil && len(found) > 0 {
				t.before = found[0]
			}
			return err
		}},
		Entry: func(t *taking) (saga.Entry, *saga.Failure) { return t.entry() },
	}
}

// entry is where a run begins by what earlier ones did: what began to turn back goes
// on with that, also where it was taken before; what was taken else stays so; anything
// else is done again.
func (t *taking) entry() (saga.Entry, *saga.Failure) {
	switch {
	case t.before.Status == payment.Declined:
		return saga.TurnBack, turnedBack("AuthorizePayment", payment.ErrDeclined)
	case t.before.Undone:
		return saga.TurnBack, turnedBack("TakeStock", fault.New(fault.Internal, CodeInterrupted, "The payment was interrupted and turned back."))
	case t.before.Status == payment.Captured, t.before.Status == payment.Refunded:
		return saga.FromPivot, nil
	default:
		return saga.FromStart, nil
	}
}
