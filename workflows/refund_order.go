package workflows

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/workflows/saga"
)

// RefundOrderName is the registered name of the saga that gives back a confirmed
// order, whole or by lines.
const RefundOrderName = "RefundOrder"

// RefundOrderInput is what the saga of a refund starts with: the refund as the
// order service planned it.
type RefundOrderInput struct {
	Plan order.RefundPlan `json:"plan"`
	// Revision is the Revision that the run began with, by which it replays.
	Revision int `json:"revision,omitempty"`
}

// refundOrderRequest is the input of the saga of a refund.
func refundOrderRequest(r order.Refund) RefundOrderInput {
	return RefundOrderInput{Plan: r.Plan(), Revision: Revision}
}

// RefundOrder gives back a confirmed order, whole or by lines: the money is the
// pivot, then the units and the order follow.
type RefundOrder struct{ saga *saga.Saga[refunding] }

// refunding is the state of one refund's saga.
type refunding struct {
	plan     order.RefundPlan
	revision int
	status   order.RefundStatus
}

// NewRefundOrder checks the saga's declaration.
func NewRefundOrder() (*RefundOrder, error) {
	s, err := saga.New(saga.Definition[refunding]{
		Name: RefundOrderName,
		Stages: []saga.Stage[refunding]{
			{refundPayment()},
			{returnStock(), finishRefund()},
		},
		Close:     refuseRefund(),
		Deadline:  refundDeadline,
		Grace:     stageGrace,
		OnResolve: audit[refunding],
	})
	if err != nil {
		return nil, err
	}
	return &RefundOrder{saga: s}, nil
}

// Run gives the order back. A no of the provider is an outcome, not an error.
func (w *RefundOrder) Run(ctx workflow.Context, in RefundOrderInput) (order.RefundStatus, error) {
	mustKnow(in.Revision, Revision)
	if in.Plan.Status == order.RefundRefused { // by an earlier run: no money may go back any more
		return in.Plan.Status, nil
	}
	r := &refunding{plan: in.Plan, revision: in.Revision, status: in.Plan.Status}
	_ = w.saga.Run(ctx, r) // how it ended is in r
	err := awaitHandlers(ctx)
	return r.status, err
}

type (
	refundStep = saga.Step[refunding]
	refundRun  = saga.Run[refunding]
)

func refundPayment() refundStep {
	return refundStep{
		Name: "RefundPayment", Summary: "pivot: give the money back", Kind: saga.Pivot,
		Action: saga.Action[refunding]{Policy: on(QueuePayment, settle), Do: func(ctx workflow.Context, _ *refundRun, r *refunding) error {
			if r.plan.Amount.Amount == 0 {
				return nil // what cost nothing gives nothing back
			}
			return workflow.ExecuteActivity(ctx, payments.RefundPayment, payment.RefundRequest{
				OrderID: r.plan.OrderID, RefundID: r.plan.ID, Amount: r.plan.Amount,
			}).Get(ctx, nil)
		}},
	}
}

func returnStock() refundStep {
	return refundStep{
		Name: "ReturnStock", Summary: "the units are for sale again", Kind: saga.Retriable,
		Action: saga.Action[refunding]{Policy: on(QueueInventory, settle), Do: func(ctx workflow.Context, _ *refundRun, r *refunding) error {
			request := inventory.ReturnRequest{OrderID: r.plan.OrderID, RefundID: r.plan.ID}
			for _, line := range r.plan.Lines {
				request.Lines = append(request.Lines, inventory.Line{ProductID: line.ProductID, Quantity: line.Quantity})
			}
			err := workflow.ExecuteActivity(ctx, stock.ReturnStock, request).Get(ctx, nil)
			if reversedAlready(err) && r.revision >= 3 {
				return nil
			}
			return err
		}},
	}
}

// reversedAlready tells of a refund's units, which the order service has set
// aside, that a reversal of the order has put them back: they were never sold, or
// came back with all the others.
func reversedAlready(err error) bool {
	code := errType(err)
	return code == inventory.ErrNotSold.Code || code == inventory.ErrReturnTooMany.Code
}

func finishRefund() refundStep {
	return refundStep{
		Name: "FinishRefund", Summary: "the refund is done", Kind: saga.Retriable, Final: true,
		Action: saga.Action[refunding]{Policy: record, Do: func(ctx workflow.Context, _ *refundRun, r *refunding) error {
			return r.end(ctx, order.RefundEnd{Status: order.RefundDone})
		}},
	}
}

func refuseRefund() saga.Undo[refunding] {
	return saga.Undo[refunding]{
		Name: "RefuseRefund", Summary: "record why no money went back",
		Action: saga.Action[refunding]{Policy: record, Do: func(ctx workflow.Context, run *refundRun, r *refunding) error {
			code := run.Failure().Reason()
			workflow.GetLogger(ctx).Warn("refund refused", "refund", r.plan.ID, "order", r.plan.OrderID, "code", code)
			return r.end(ctx, order.RefundEnd{Status: order.RefundRefused, Code: code})
		}},
	}
}

func (r *refunding) end(ctx workflow.Context, e order.RefundEnd) error {
	e.OrderID, e.RefundID = r.plan.OrderID, r.plan.ID
	err := workflow.ExecuteLocalActivity(ctx, orders.FinishRefund, e).Get(ctx, nil)
	if err == nil {
		r.status = e.Status
	}
	return err
}

// refundOrderOptions is how the saga of a refund is started, by whoever starts it.
func refundOrderOptions(r order.Refund) client.StartWorkflowOptions {
	return sagaOptions(order.RefundWorkflowID(r.ID), "Refund "+r.ID+" of order "+r.OrderID, refundOrderDetails, AttrUserID.ValueSet(r.UserID))
}

// StartRefundOrder starts the saga of a refund, if none was.
func StartRefundOrder(ctx context.Context, c client.Client, r order.Refund) error {
	return start(ctx, c, "saga of refund "+r.ID, refundOrderOptions(r), RefundOrderName, refundOrderRequest(r))
}

// refundDeadline is for form's sake: the first step is the pivot.
const refundDeadline = 10 * time.Minute

const refundOrderDetails = `Saga of one refund:

1. **RefundPayment** (payment): the pivot; a definite no ends the refund as refused
2. in parallel **ReturnStock** (inventory), **FinishRefund** (order); with the last units the order is refunded`

// errType gives the stable code of an activity's definite answer.
func errType(err error) string {
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		return app.Type()
	}
	return ""
}
