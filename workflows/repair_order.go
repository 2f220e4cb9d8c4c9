package workflows

import (
	"context"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/workflows/saga"
)

// RepairOrderName is the registered name of the saga that an operator starts to
// mend a discrepancy.
const RepairOrderName = order.RepairOrder

// CodeRepaired is the failure code of an order that a repair ended.
const CodeRepaired = "repaired"

// RepairOrderInput is what the saga of a repair starts with.
type RepairOrderInput struct {
	RepairID string `json:"repair_id"`
	// OrderID may be of an order that nobody knows.
	OrderID string `json:"order_id"`
}

// RepairOrder turns an order back wherever it stands, also one that nobody
// knows: the money goes back, then the units and the order follow.
type RepairOrder struct{ saga *saga.Saga[repairing] }

// repairing is the state of one repair's saga.
type repairing struct {
	in      RepairOrderInput
	outcome order.RepairOutcome
}

type (
	repairStep = saga.Step[repairing]
	repairRun  = saga.Run[repairing]
)

// NewRepairOrder checks the saga's declaration.
func NewRepairOrder() (*RepairOrder, error) {
	s, err := saga.New(saga.Definition[repairing]{
		Name: RepairOrderName,
		Stages: []saga.Stage[repairing]{
			{repairStep{
				Name: "GiveMoneyBack", Summary: "pivot: void or refund", Kind: saga.Pivot,
				Action: saga.Action[repairing]{Policy: on(QueuePayment, settle), Do: func(ctx workflow.Context, _ *repairRun, r *repairing) error {
					return giveMoneyBack(ctx, r.in.OrderID)
				}},
			}},
			{
				repairStep{
					Name: "GiveUnitsBack", Summary: "release or return", Kind: saga.Retriable,
					Action: saga.Action[repairing]{Policy: on(QueueInventory, settle), Do: func(ctx workflow.Context, _ *repairRun, r *repairing) error {
						return giveUnitsBack(ctx, r.in.OrderID)
					}},
				},
				repairStep{
					Name: "EndOrder", Summary: "an order that is not over ends", Kind: saga.Retriable,
					Action: saga.Action[repairing]{Policy: record, Do: func(ctx workflow.Context, _ *repairRun, r *repairing) error {
						return r.endOrder(ctx)
					}},
				},
			},
			{repairStep{
				Name: "RecordRepair", Summary: "the discrepancy is resolved", Kind: saga.Retriable,
				Action: saga.Action[repairing]{Policy: record, Do: func(ctx workflow.Context, _ *repairRun, r *repairing) error {
					return r.end(ctx, order.RepairEnd{Outcome: order.RepairDone})
				}},
			}},
		},
		Close: saga.Undo[repairing]{
			Name: "RecordRefusal", Summary: "record why no money went back",
			Action: saga.Action[repairing]{Policy: record, Do: func(ctx workflow.Context, run *repairRun, r *repairing) error {
				return r.end(ctx, order.RepairEnd{Outcome: order.RepairRefused, Code: run.Failure().Reason()})
			}},
		},
		Deadline:  refundDeadline,
		Grace:     stageGrace,
		OnResolve: audit[repairing],
	})
	if err != nil {
		return nil, err
	}
	return &RepairOrder{saga: s}, nil
}

// Run mends. A no of the provider is an outcome, not an error.
func (w *RepairOrder) Run(ctx workflow.Context, in RepairOrderInput) (order.RepairOutcome, error) {
	r := &repairing{in: in}
	_ = w.saga.Run(ctx, r) // how it ended is in r
	err := awaitHandlers(ctx)
	return r.outcome, err
}

// endOrder ends an order that the repair has turned back: one that was confirmed
// is refunded, one that was not decided fails. What has ended stays.
func (r *repairing) endOrder(ctx workflow.Context) error {
	var found []order.Standing
	err := workflow.ExecuteLocalActivity(ctx, orders.ReadOrders, []string{r.in.OrderID}).Get(ctx, &found)
	switch {
	case err != nil || len(found) == 0:
		return err
	case found[0].Status == order.Confirmed:
		return refundReversed(ctx, r.in.OrderID)
	case found[0].Status.Decided():
		return nil
	}
	return workflow.ExecuteLocalActivity(ctx, orders.TransitionOrder, order.Transition{
		OrderID: r.in.OrderID, To: order.Failed, SagaState: order.SagaCompensated, Seq: workflow.Now(ctx).UnixMicro(),
		Failure: &order.Failure{Code: CodeRepaired, Detail: "The order was turned back by a repair.", Step: "EndOrder"},
	}).Get(ctx, nil)
}

func (r *repairing) end(ctx workflow.Context, e order.RepairEnd) error {
	e.RepairID, e.OrderID = r.in.RepairID, r.in.OrderID
	err := workflow.ExecuteLocalActivity(ctx, orders.EndRepair, e).Get(ctx, nil)
	if err == nil {
		r.outcome = e.Outcome
	}
	return err
}

// StartRepairOrder starts the saga of a repair, if none was.
func StartRepairOrder(ctx context.Context, c client.Client, repairID, orderID string) error {
	options := sagaOptions(order.RepairWorkflowID(repairID), "Repair "+repairID+" of order "+orderID, repairOrderDetails)
	return start(ctx, c, "repair "+repairID, options, RepairOrderName, RepairOrderInput{RepairID: repairID, OrderID: orderID})
}

const repairOrderDetails = `Saga of one repair, which an operator started:

1. **GiveMoneyBack** (payment): the pivot: voids what is held, refunds what was taken
2. in parallel **GiveUnitsBack** (inventory), **EndOrder** (order)
3. **RecordRepair** (order): the discrepancy is resolved`
