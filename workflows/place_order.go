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
func NewPlaceOrder() (*PlaceOrder, error) { return newPlaceOrder(placeOrder()) }

func newPlaceOrder(def saga.Definition[placement]) (*PlaceOrder, error) {
	s, err := saga.New(def)
	if err != nil {
		return nil, err
	}
	return &PlaceOrder{saga: s}, nil
}

func placeOrder() saga.Definition[placement] {
	return saga.Definition[placement]{
		Name: PlaceOrderName,
		Stages: []saga.Stage[placement]{
			{checkCustomer(), quoteOrder(), reserveStock()},
			{authorizePayment()},
			{capturePayment()},
			{commitStock(), confirmOrder()},
		},
		Close:         closeOrder(),
		Reverse:       []undo{reversePayment(), reverseStock()},
		Resume:        resumeOrder(),
		Deadline:      orderDeadline,
		EagerDeadline: func(p *placement) bool { return p.in.Revision == 0 },
		Grace:         stageGrace,
		OnState:       markOrder,
		OnResolve:     audit[placement],
		Attributes:    orderAttributes,
	}
}

// Run places the order. A business no is an outcome, not an error.
func (w *PlaceOrder) Run(ctx workflow.Context, in PlaceOrderInput) (PlaceOrderOutcome, error) {
	mustKnow(in.Revision, Revision)
	p := &placement{in: in, status: order.Pending, recorded: order.SagaRunning}
	if err := answerOutcome(ctx, &p.answered, p.outcome, "awaits how the order ends, or that the customer has to act"); err != nil {
		return PlaceOrderOutcome{}, err
	}
	_ = w.saga.Run(ctx, p) // how it ended is in p, and a no is an outcome
	p.answered = true
	if err := awaitHandlers(ctx); err != nil {
		return PlaceOrderOutcome{}, err
	}
	return p.outcome(), nil
}

// placement is the state of one order's saga.
type placement struct {
	in      PlaceOrderInput
	quote   pricing.Quote
	payment payment.Result
	// status is the order's, as last recorded.
	status order.Status
	// answered: there is something to tell the client that waits.
	answered bool
	// recorded is the saga's state as the order has it, as of seq.
	recorded order.SagaState
	seq      int64
	// before is what earlier runs did, of a run that follows one.
	before Facts
}

func (p *placement) outcome() PlaceOrderOutcome {
	return PlaceOrderOutcome{OrderID: p.in.OrderID, Status: p.status}
}

// orderAttributes keeps the order's status searchable along with its saga's state.
func orderAttributes(p *placement) []temporal.SearchAttributeUpdate {
	return []temporal.SearchAttributeUpdate{AttrOrderStatus.ValueSet(string(p.status))}
}

// markOrder records the saga's state in the order, unless that came along with
// a change of the order's status. What the saga ends with is recorded for sure.
func markOrder(ctx workflow.Context, p *placement, s saga.State) {
	state := order.SagaState(s)
	if state == p.recorded || (s == saga.Waiting && p.in.Revision == 0) {
		return
	}
	mark := order.Mark{OrderID: p.in.OrderID, SagaState: state, Seq: p.nextSeq(ctx)}
	policy := note
	if s == saga.Completed || s == saga.Compensated {
		policy = record
	}
	for {
		err := workflow.ExecuteLocalActivity(policy.On(ctx, "record saga state"), orders.MarkSaga, mark).Get(ctx, nil)
		if err == nil {
			p.recorded = state
			return
		}
		workflow.GetLogger(ctx).Warn("saga state not recorded in the order", "state", s)
		if policy != record || saga.Classify(err) == saga.Refused {
			return // the next one will be, or none ever
		}
		_ = workflow.Sleep(ctx, policy.Parked)
	}
}

// nextSeq numbers what is recorded, also over a reset: a late attempt then never
// overwrites a newer state.
func (p *placement) nextSeq(ctx workflow.Context) int64 {
	p.seq = max(p.seq+1, workflow.Now(ctx).UnixMicro())
	return p.seq
}
