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
	"github.com/skaldhq/skald/workflows"
)

// Sagas starts the sagas of orders and awaits their outcome.
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
	// NotifyPayment wakes the order's saga; one that has ended needs no waking.
	NotifyPayment(ctx context.Context, orderID string) error
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
	start := s.client.NewWithStartWorkflowOperation(workflows.PlaceOrderOptions(o), workflows.PlaceOrderName,
		workflows.PlaceOrderRequest(o, s.actionTimeout))
	handle, err := s.client.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			WorkflowID: order.WorkflowID(o.ID), UpdateID: workflows.UpdateOutcome, UpdateName: workflows.UpdateOutcome,
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		return nil // and ended since: the order tells how
	}
	if err != nil {
		return fmt.Errorf("await outcome of order %s: %w", o.ID, err)
	}
	var outcome workflows.PlaceOrderOutcome
	return handle.Get(ctx, &outcome)
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

// NotifyPayment wakes the order's saga.
func (s *TemporalSagas) NotifyPayment(ctx context.Context, orderID string) error {
	err := s.client.SignalWorkflow(ctx, order.WorkflowID(orderID), "", workflows.SignalPaymentUpdated, nil)
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return nil
	}
	return err
}
