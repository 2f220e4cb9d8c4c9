package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/pricing"
	"github.com/skaldhq/skald/workflows/saga"
)

// PlaceOrder is the saga that places an order.
type PlaceOrder struct{ saga *saga.Saga[placement] }

// NewPlaceOrder checks the saga's declaration.
func NewPlaceOrder() (*PlaceOrder, error) {
	s, err := saga.New(saga.Definition[placement]{
		Name: PlaceOrderName,
		Stages: []saga.Stage[placement]{
			{checkCustomer(), quoteOrder(), reserveStock()},
			{authorizePayment()},
			{capturePayment()},
			{commitStock(), confirmOrder()},
		},
		Close:      closeOrder(),
		Deadline:   orderDeadline,
		Grace:      stageGrace,
		OnState:    markOrder,
		Attributes: orderAttributes,
	})
	if err != nil {
		return nil, err
	}
	return &PlaceOrder{saga: s}, nil
}

// Run places the order. A business no is an outcome, not an error.
func (w *PlaceOrder) Run(ctx workflow.Context, in PlaceOrderInput) (PlaceOrderOutcome, error) {
	p := &placement{in: in, status: order.Pending}
	if err := p.answerUpdates(ctx); err != nil {
		return PlaceOrderOutcome{}, err
	}
	_ = w.saga.Run(ctx, p) // how it ended is in p, and a no is an outcome
	p.answered = true

	sure, _ := workflow.NewDisconnectedContext(ctx)
	if err := workflow.Await(sure, func() bool { return workflow.AllHandlersFinished(sure) }); err != nil {
		return PlaceOrderOutcome{}, err
	}
	return p.outcome(), nil
}

// placement is the state of one order's saga.
type placement struct {
	in      PlaceOrderInput
	quote   pricing.Quote
	payment payment.Payment
	// status is the order's, as last recorded.
	status order.Status
	// answered: there is something to tell the client that waits.
	answered bool
	// marked: the order's saga state was recorded apart from its status.
	marked bool
}

func (p *placement) outcome() PlaceOrderOutcome {
	return PlaceOrderOutcome{OrderID: p.in.OrderID, Status: p.status}
}

// answerUpdates lets clients await the outcome, also of a saga that somebody
// cancels.
func (p *placement) answerUpdates(ctx workflow.Context) error {
	return workflow.SetUpdateHandlerWithOptions(ctx, UpdateOutcome, func(ctx workflow.Context) (PlaceOrderOutcome, error) {
		sure, _ := workflow.NewDisconnectedContext(ctx)
		err := workflow.Await(sure, func() bool { return p.answered })
		return p.outcome(), err
	}, workflow.UpdateHandlerOptions{Description: "awaits how the order ends, or that the customer has to act"})
}

// orderAttributes keeps the order's status searchable along with its saga's state.
func orderAttributes(p *placement) []temporal.SearchAttributeUpdate {
	return []temporal.SearchAttributeUpdate{AttrOrderStatus.ValueSet(string(p.status))}
}

// markOrder records the saga's state in the order. The states that come with a
// change of the order's status are recorded along with that.
func markOrder(ctx workflow.Context, p *placement, s saga.State) {
	ended := s == saga.Completed || s == saga.Compensated
	if s == saga.Waiting || (ended && !p.marked) {
		return
	}
	mark := order.Mark{OrderID: p.in.OrderID, SagaState: order.SagaState(s)}
	if err := workflow.ExecuteLocalActivity(note.On(ctx, "record saga state"), orders.MarkSaga, mark).Get(ctx, nil); err != nil {
		workflow.GetLogger(ctx).Warn("saga state not recorded in the order", "state", s)
	}
	p.marked = true
}
