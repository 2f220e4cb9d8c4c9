package workflows

import (
	"context"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/user"
	"github.com/skaldhq/skald/workflows/saga"
)

// TakePaymentName is the registered name of the saga that takes a payment of its
// own.
const TakePaymentName = "TakePayment"

// TakePaymentInput is what the saga of a payment of its own starts with.
type TakePaymentInput struct {
	PaymentID string      `json:"payment_id"`
	UserID    string      `json:"user_id"`
	Amount    money.Money `json:"amount"`
	Method    string      `json:"method"`
	// ActionTimeout is how long the customer has to confirm.
	ActionTimeout time.Duration `json:"action_timeout"`
	// Again: the run may follow another of the same payment that was cut off.
	Again bool `json:"again,omitempty"`
}

// TakePaymentOutcome is how the saga stands when it answers: the payment is
// decided, or the customer has to act.
type TakePaymentOutcome struct {
	PaymentID string         `json:"payment_id"`
	Status    payment.Status `json:"status"`
}

// TakePayment takes a payment that is of no order: it is held, then captured. The
// payment service alone keeps it, and why it did not come about.
type TakePayment struct{ saga *saga.Saga[taking] }

// taking is the state of one payment's saga.
type taking struct {
	in      TakePaymentInput
	payment payment.Result
	acting  bool // the customer was asked to
	// answered: there is something to tell the client that waits.
	answered bool
	// before is what earlier runs did, of a run that follows one.
	before payment.Standing
}

type (
	takeStep = saga.Step[taking]
	takeUndo = saga.Undo[taking]
	takeRun  = saga.Run[taking]
)

// NewTakePayment checks the saga's declaration.
func NewTakePayment() (*TakePayment, error) {
	s, err := saga.New(saga.Definition[taking]{
		Name: TakePaymentName,
		Stages: []saga.Stage[taking]{
			{checkPayer()},
			{holdAmount()},
			{takeAmount()},
		},
		Close:     closePayment(),
		Reverse:   []takeUndo{reverseTaken()},
		Resume:    resumePayment(),
		Deadline:  paymentDeadline,
		Grace:     stageGrace,
		OnResolve: audit[taking],
	})
	if err != nil {
		return nil, err
	}
	return &TakePayment{saga: s}, nil
}

// Run takes the payment. A business no is an outcome, not an error.
func (w *TakePayment) Run(ctx workflow.Context, in TakePaymentInput) (TakePaymentOutcome, error) {
	t := &taking{in: in, payment: payment.Result{ID: in.PaymentID, Status: payment.Initiated}}
	if err := answerOutcome(ctx, &t.answered, t.outcome, "awaits how the payment ends, or that the customer has to act"); err != nil {
		return TakePaymentOutcome{}, err
	}
	_ = w.saga.Run(ctx, t) // how it ended is in t, and a no is an outcome
	t.answered = true
	err := awaitHandlers(ctx)
	return t.outcome(), err
}

func (t *taking) outcome() TakePaymentOutcome {
	return TakePaymentOutcome{PaymentID: t.in.PaymentID, Status: t.payment.Status}
}

func checkPayer() takeStep {
	return takeStep{
		Name: "CheckCustomer", Summary: "may this user pay?", Kind: saga.Compensatable, Effectless: true,
		Action: saga.Action[taking]{Policy: on(QueueUser, ask), Do: func(ctx workflow.Context, _ *takeRun, t *taking) error {
			return workflow.ExecuteActivity(ctx, users.CheckCustomer, user.CheckRequest{UserID: t.in.UserID}).Get(ctx, nil)
		}},
	}
}

func holdAmount() takeStep {
	return takeStep{
		Name: "AuthorizePayment", Summary: "hold the amount on the payment method", Kind: saga.Compensatable,
		Action: saga.Action[taking]{Policy: on(QueuePayment, pay), Do: func(ctx workflow.Context, r *takeRun, t *taking) error {
			if err := t.askProvider(ctx); err != nil || t.payment.Status != payment.RequiresAction {
				return err
			}
			r.SetDeadline(t.timeToAct(ctx))
			t.acting, t.answered = true, true
			return awaitCustomer(ctx, r, &t.payment, t.askProvider)
		}},
		Undo: &takeUndo{
			Name: "VoidPayment", Summary: "give the hold back",
			Action: saga.Action[taking]{Policy: on(QueuePayment, settle), Do: func(ctx workflow.Context, _ *takeRun, t *taking) error {
				return workflow.ExecuteActivity(ctx, payments.VoidPayment, payment.OrderRequest{OrderID: t.in.PaymentID}).Get(ctx, nil)
			}},
		},
	}
}

// timeToAct is how long the customer still has: what is left of it where an earlier
// run asked them.
func (t *taking) timeToAct(ctx workflow.Context) time.Duration {
	if t.payment.ActionExpiresAt == nil {
		return t.in.ActionTimeout
	}
	return min(t.in.ActionTimeout, t.payment.ActionExpiresAt.Sub(workflow.Now(ctx)))
}

// askProvider authorizes, or learns what became of it.
func (t *taking) askProvider(ctx workflow.Context) error {
	return workflow.ExecuteActivity(ctx, payments.AuthorizePayment, payment.AuthorizeRequest{
		OrderID: t.in.PaymentID, UserID: t.in.UserID, Amount: t.in.Amount, Method: t.in.Method, ActionTimeout: t.in.ActionTimeout,
	}).Get(ctx, &t.payment)
}

func takeAmount() takeStep {
	return takeStep{
		Name: "CapturePayment", Summary: "pivot: take the money", Kind: saga.Pivot,
		Action: saga.Action[taking]{Policy: on(QueuePayment, settle), Do: func(ctx workflow.Context, _ *takeRun, t *taking) error {
			return workflow.ExecuteActivity(ctx, payments.CapturePayment, payment.OrderRequest{OrderID: t.in.PaymentID}).Get(ctx, &t.payment)
		}},
	}
}

// TakePaymentOptions is how the saga of a payment is started, by whoever starts it.
func TakePaymentOptions(p payment.Payment) client.StartWorkflowOptions {
	return sagaOptions(payment.WorkflowID(p.ID), "Take payment "+p.ID, takePaymentDetails, AttrUserID.ValueSet(p.UserID))
}

// TakePaymentRequest is the input of the saga of a payment.
func TakePaymentRequest(p payment.Payment, actionTimeout time.Duration) TakePaymentInput {
	return TakePaymentInput{PaymentID: p.ID, UserID: p.UserID, Amount: p.Amount, Method: p.Method, ActionTimeout: actionTimeout}
}

// StartTakePayment starts the saga of a payment of its own, if none was.
func StartTakePayment(ctx context.Context, c client.Client, p payment.Payment, actionTimeout time.Duration) error {
	return start(ctx, c, "saga of payment "+p.ID, TakePaymentOptions(p), TakePaymentName, TakePaymentRequest(p, actionTimeout))
}

// StartTakePaymentAgain starts it too where its last run was cut off.
func StartTakePaymentAgain(ctx context.Context, c client.Client, p payment.Payment, actionTimeout time.Duration) error {
	again := TakePaymentRequest(p, actionTimeout)
	again.Again = true
	return start(ctx, c, "saga of payment "+p.ID, orAgain(TakePaymentOptions(p)), TakePaymentName, again)
}

const takePaymentDetails = `Saga of one payment that is of no order:

1. **CheckCustomer** (user)
2. **AuthorizePayment** (payment); may wait for the customer
3. **CapturePayment**: the pivot

Before the pivot a failure compensates: **VoidPayment**, then **ClosePayment** records why.`
