package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/workflows"
)

// Sagas starts the sagas of orders and payments, and awaits their outcome.
type Sagas interface {
	// Start starts the saga of an order, if it does not run yet.
	Start(ctx context.Context, o order.Order) error
	// Await starts the saga too, and blocks until it has an answer: the order is
	// decided, or the customer has to act.
	Await(ctx context.Context, o order.Order) error
	// Cancel drives the cancellation of an order that was requested.
	Cancel(ctx context.Context, o order.Order) error
	// Refund starts the saga of a refund, if it does not run yet.
	Refund(ctx context.Context, r order.Refund) error
	// Repair starts the saga of a repair, if it does not run yet.
	Repair(ctx context.Context, r order.RepairPlan) error
	// Take starts the saga of a payment of its own, if it does not run yet.
	Take(ctx context.Context, p payment.Payment) error
	// AwaitTaken starts it too, and blocks until it has an answer, as Await does.
	AwaitTaken(ctx context.Context, p payment.Payment) error
	// GiveBack starts the saga of a refund of such a payment, if it does not run yet.
	GiveBack(ctx context.Context, r payment.Refund) error
	// NotifyPayment wakes the saga of the payment that a notice is about; one that
	// has ended needs no waking.
	NotifyPayment(ctx context.Context, n payment.Notice) error
}

// TemporalSagas are Sagas on Temporal.
type TemporalSagas struct {
	client        client.Client
	orders        order.FrontDoor
	actionTimeout time.Duration
}

var _ Sagas = (*TemporalSagas)(nil)

// NewSagas returns sagas on Temporal; actionTimeout is how long a customer has
// to confirm a payment.
func NewSagas(c client.Client, orders order.FrontDoor, actionTimeout time.Duration) *TemporalSagas {
	return &TemporalSagas{client: c, orders: orders, actionTimeout: actionTimeout}
}

// Start starts the saga of an order.
func (s *TemporalSagas) Start(ctx context.Context, o order.Order) error {
	return workflows.StartPlaceOrder(ctx, s.client, o, s.actionTimeout)
}

// Await starts the saga with the update that awaits its outcome. The update's
// id is its name, so that all who wait for one order share one update.
func (s *TemporalSagas) Await(ctx context.Context, o order.Order) error {
	return s.await(ctx, workflows.PlaceOrderOptions(o), workflows.PlaceOrderName, workflows.PlaceOrderRequest(o, s.actionTimeout))
}

func (s *TemporalSagas) await(ctx context.Context, options client.StartWorkflowOptions, name string, input any) error {
	handle, err := s.client.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: s.client.NewWithStartWorkflowOperation(options, name, input),
		UpdateOptions: client.UpdateWorkflowOptions{
			WorkflowID: options.ID, UpdateID: workflows.UpdateOutcome, UpdateName: workflows.UpdateOutcome,
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		return nil // and ended since: what it was about tells how
	}
	if err != nil {
		return fmt.Errorf("await outcome of %s: %w", options.ID, err)
	}
	return handle.Get(ctx, nil)
}

// Take starts the saga of a payment of its own.
func (s *TemporalSagas) Take(ctx context.Context, p payment.Payment) error {
	return workflows.StartTakePayment(ctx, s.client, p, s.actionTimeout)
}

// AwaitTaken starts it with the update that awaits its outcome.
func (s *TemporalSagas) AwaitTaken(ctx context.Context, p payment.Payment) error {
	return s.await(ctx, workflows.TakePaymentOptions(p), workflows.TakePaymentName, workflows.TakePaymentRequest(p, s.actionTimeout))
}

// GiveBack starts the saga of a refund of such a payment.
func (s *TemporalSagas) GiveBack(ctx context.Context, r payment.Refund) error {
	return workflows.StartRefundTakenPayment(ctx, s.client, r)
}

// Cancel cancels the saga, or starts that of a refund.
func (s *TemporalSagas) Cancel(ctx context.Context, o order.Order) error {
	return workflows.CancelOrder(ctx, s.client, s.orders, o, s.actionTimeout)
}

// Refund starts the saga of a refund.
func (s *TemporalSagas) Refund(ctx context.Context, r order.Refund) error {
	return workflows.StartRefundOrder(ctx, s.client, r)
}

// Repair starts the saga of a repair.
func (s *TemporalSagas) Repair(ctx context.Context, r order.RepairPlan) error {
	return workflows.StartRepairOrder(ctx, s.client, r)
}

// NotifyPayment wakes the payment's saga.
func (s *TemporalSagas) NotifyPayment(ctx context.Context, n payment.Notice) error {
	workflowID := order.WorkflowID(n.OrderID)
	if n.PaymentID != "" {
		workflowID = payment.WorkflowID(n.PaymentID)
	}
	err := s.client.SignalWorkflow(ctx, workflowID, "", workflows.SignalPaymentUpdated, nil)
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return nil
	}
	return err
}
