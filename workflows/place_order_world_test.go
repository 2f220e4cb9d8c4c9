package workflows_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/activities"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/pricing"
	"github.com/skaldhq/skald/services/user"
	"github.com/skaldhq/skald/workflows"
)

// world stands for all services: it keeps what was called, and fails as told.
type world struct {
	mu    sync.Mutex
	calls []string
	// fail gives the error of the n-th call of an operation, from 1.
	fail  func(operation string, n int) error
	seen  map[string]int
	final order.Transition
	marks []order.SagaState
	deaf  func() bool // the saga's state cannot be recorded
	// authorize gives the status of the n-th authorization, from 1.
	authorize func(n int) payment.Status
	before    *payment.Standing // of a payment of its own, before the run
	expires   *time.Time        // until when its customer may act
	closed    payment.Failure
	refund    payment.RefundRequest
}

func (w *world) call(operation string) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[operation]++
	n := w.seen[operation]
	if n == 1 {
		w.calls = append(w.calls, operation)
	}
	if w.fail == nil {
		return n, nil
	}
	return n, w.fail(operation, n)
}

// effects is what was called apart from what has no effect, in order.
func (w *world) effects() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, c := range w.calls {
		if c != "CheckCustomer" && c != "QuoteOrder" {
			out = append(out, c)
		}
	}
	return out
}

type (
	fakeUsers struct {
		user.Service
		*world
	}
	fakePrices struct {
		pricing.Service
		*world
	}
	fakeStock struct {
		inventory.Service
		*world
	}
	fakePayments struct {
		payment.Service
		*world
	}
	fakeOrders struct {
		order.Service
		*world
	}
)

func (f fakeUsers) CheckCustomer(_ context.Context, r user.CheckRequest) (user.Customer, error) {
	_, err := f.call("CheckCustomer")
	return user.Customer{UserID: r.UserID}, err
}

func (f fakePrices) QuoteOrder(_ context.Context, r pricing.QuoteRequest) (pricing.Quote, error) {
	_, err := f.call("QuoteOrder")
	price := money.New(1999, "EUR")
	return pricing.Quote{OrderID: r.OrderID, Total: price, Lines: []pricing.Line{{
		ProductID: r.Items[0].ProductID, Quantity: 1, UnitPrice: price, Total: price,
	}}}, err
}

func (f fakeStock) ReserveStock(context.Context, inventory.ReserveRequest) (inventory.Reservation, error) {
	_, err := f.call("ReserveStock")
	return inventory.Reservation{}, err
}

func (f fakeStock) ReleaseStock(context.Context, inventory.OrderRequest) (inventory.Reservation, error) {
	_, err := f.call("ReleaseStock")
	return inventory.Reservation{}, err
}

func (f fakeStock) CommitStock(context.Context, inventory.OrderRequest) (inventory.Reservation, error) {
	_, err := f.call("CommitStock")
	return inventory.Reservation{}, err
}

func (f fakePayments) AuthorizePayment(_ context.Context, r payment.AuthorizeRequest) (payment.Payment, error) {
	n, err := f.call("AuthorizePayment")
	status := payment.Authorized
	if f.authorize != nil {
		status = f.authorize(n)
	}
	if status == payment.Declined {
		return payment.Payment{}, payment.ErrDeclined
	}
	return payment.Payment{ID: "pay_1", Status: status, Amount: r.Amount, ActionExpiresAt: f.expires}, err
}

func (f fakePayments) VoidPayment(context.Context, payment.OrderRequest) (payment.Payment, error) {
	_, err := f.call("VoidPayment")
	return payment.Payment{}, err
}

func (f fakePayments) CapturePayment(context.Context, payment.OrderRequest) (payment.Payment, error) {
	_, err := f.call("CapturePayment")
	return payment.Payment{ID: "pay_1", Status: payment.Captured}, err
}

func (f fakeOrders) TransitionOrder(_ context.Context, t order.Transition) (order.Order, error) {
	_, err := f.call("→" + string(t.To))
	if err != nil {
		return order.Order{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.final = t
	return order.Order{ID: t.OrderID, Status: t.To}, nil
}

func (f fakeOrders) MarkSaga(_ context.Context, m order.Mark) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.deaf != nil && f.deaf() {
		return errDown
	}
	f.marks = append(f.marks, m.SagaState)
	return nil
}

// setup returns a workflow environment in which every service is the world.
func setup(t *testing.T) (*world, *testsuite.TestWorkflowEnvironment) {
	t.Helper()
	w := &world{seen: map[string]int{}}
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Minute)
	placeOrder, err := workflows.NewPlaceOrder()
	require.NoError(t, err)
	env.RegisterWorkflowWithOptions(placeOrder.Run, workflow.RegisterOptions{Name: workflows.PlaceOrderName})
	env.RegisterActivity(activities.NewUser(fakeUsers{world: w}))
	env.RegisterActivity(activities.NewPricing(fakePrices{world: w}))
	env.RegisterActivity(activities.NewInventory(fakeStock{world: w}))
	env.RegisterActivity(activities.NewPayment(fakePayments{world: w}))
	env.RegisterActivity(activities.NewOrder(fakeOrders{world: w}))
	return w, env
}

// place runs the saga of one order to its end.
func place(t *testing.T, env *testsuite.TestWorkflowEnvironment) workflows.PlaceOrderOutcome {
	t.Helper()
	env.ExecuteWorkflow(workflows.PlaceOrderName, workflows.PlaceOrderInput{
		OrderID: "ord_1", UserID: "usr_1", PaymentMethod: "pm_card_visa", ActionTimeout: time.Minute, Revision: workflows.Revision,
		Items: []order.Item{{ProductID: "prd_1", Quantity: 1}},
	})
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	var out workflows.PlaceOrderOutcome
	require.NoError(t, env.GetWorkflowResult(&out))
	return out
}
