// Package workers says which task queue runs which workflows and activities,
// and with which options. A worker is a service's process as Temporal sees it:
// deployed alone, it takes the work of its own queue only. Each is told whom to
// tell when it can work no more.
package workers

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/activities"
	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/pricing"
	"github.com/skaldhq/skald/services/user"
	"github.com/skaldhq/skald/workflows"
)

// User returns the worker of the user service.
func User(c client.Client, s user.Service, fatal func(error)) worker.Worker {
	w := worker.New(c, workflows.QueueUser, activityOptions(fatal))
	w.RegisterActivity(activities.NewUser(s))
	return w
}

// Pricing returns the worker of the pricing service.
func Pricing(c client.Client, s pricing.Service, fatal func(error)) worker.Worker {
	w := worker.New(c, workflows.QueuePricing, activityOptions(fatal))
	w.RegisterActivity(activities.NewPricing(s))
	return w
}

// Inventory returns the worker of the inventory service.
func Inventory(c client.Client, s inventory.Service, fatal func(error)) worker.Worker {
	w := worker.New(c, workflows.QueueInventory, activityOptions(fatal))
	w.RegisterActivity(activities.NewInventory(s))
	return w
}

// Payment returns the worker of the payment service.
func Payment(c client.Client, s payment.Service, fatal func(error)) worker.Worker {
	w := worker.New(c, workflows.QueuePayment, activityOptions(fatal))
	w.RegisterActivity(activities.NewPayment(s))
	return w
}

// OrderOptions is what the worker of the order service is told.
type OrderOptions struct {
	// ActionTimeout is how long a customer has to confirm a payment.
	ActionTimeout time.Duration
	// BuildID is the version of the deployment that the worker is: a saga stays on
	// the version that it began with. Empty: it has none.
	BuildID string
}

// Order returns the worker of the order service, which also runs the sagas and
// the reconciler.
func Order(c client.Client, s order.Service, o OrderOptions, fatal func(error)) (worker.Worker, error) {
	w := worker.New(c, workflows.QueueOrder, sagaOptions(o.BuildID, fatal))
	if err := RegisterSagas(w); err != nil {
		return nil, err
	}
	w.RegisterActivity(activities.NewOrder(s))
	w.RegisterActivity(workflows.NewRuns(c, s, o.ActionTimeout))
	return w, nil
}

// WorkflowRegistry is where sagas are registered: a worker or a replayer.
type WorkflowRegistry interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
}

// RegisterSagas registers every saga under its name, and the reconciler. A saga
// whose declaration makes no sense is refused here.
func RegisterSagas(r WorkflowRegistry) error {
	placeOrder, err := workflows.NewPlaceOrder()
	if err != nil {
		return fmt.Errorf("register saga: %w", err)
	}
	refundOrder, err := workflows.NewRefundOrder()
	if err != nil {
		return fmt.Errorf("register saga: %w", err)
	}
	repairOrder, err := workflows.NewRepairOrder()
	if err != nil {
		return fmt.Errorf("register saga: %w", err)
	}
	takePayment, err := workflows.NewTakePayment()
	if err != nil {
		return fmt.Errorf("register saga: %w", err)
	}
	refundTaken, err := workflows.NewRefundTakenPayment()
	if err != nil {
		return fmt.Errorf("register saga: %w", err)
	}
	r.RegisterWorkflowWithOptions(takePayment.Run, workflow.RegisterOptions{Name: workflows.TakePaymentName})
	r.RegisterWorkflowWithOptions(refundTaken.Run, workflow.RegisterOptions{Name: workflows.RefundTakenPaymentName})
	r.RegisterWorkflowWithOptions(repairOrder.Run, workflow.RegisterOptions{Name: workflows.RepairOrderName})
	r.RegisterWorkflowWithOptions(workflows.Reconcile, workflow.RegisterOptions{
		Name: workflows.ReconcileName, VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade, // no round waits for a worker that has gone
	})
	r.RegisterWorkflowWithOptions(refundOrder.Run, workflow.RegisterOptions{Name: workflows.RefundOrderName})
	r.RegisterWorkflowWithOptions(placeOrder.Run, workflow.RegisterOptions{Name: workflows.PlaceOrderName})
	return nil
}

// stopTimeout lets activities finish on shutdown: a little more than a service's
// longest transaction.
const stopTimeout = 10 * time.Second

func activityOptions(fatal func(error)) worker.Options {
	return worker.Options{
		OnFatalError:                       fatal,
		DisableWorkflowWorker:              true,
		MaxConcurrentActivityExecutionSize: 64,
		MaxConcurrentActivityTaskPollers:   5,
		WorkerStopTimeout:                  stopTimeout,
	}
}

func sagaOptions(buildID string, fatal func(error)) worker.Options {
	return worker.Options{
		DeploymentOptions:                       versioning(buildID),
		OnFatalError:                            fatal,
		LocalActivityWorkerOnly:                 true,
		MaxConcurrentWorkflowTaskExecutionSize:  64,
		MaxConcurrentWorkflowTaskPollers:        5,
		MaxConcurrentLocalActivityExecutionSize: 64,
		WorkerStopTimeout:                       stopTimeout,
	}
}
