package workflows

import (
	"context"
	"slices"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/workflows/saga"
)

// RepairOrderName is the registered name of the saga that an operator starts to
// mend a discrepancy.
const RepairOrderName = order.RepairOrder

const (
	// CodeRepaired is the failure code of an order that a repair ended.
	CodeRepaired = "repaired"
	// CodeDiscrepancyGone refuses a repair: nothing is left to mend.
	CodeDiscrepancyGone = "discrepancy_gone"
	// CodeSagaRunning refuses one: the order's saga runs, or is about to.
	CodeSagaRunning = "saga_running"
)

// RepairRevision is what new repairs begin with; see Revision.
//
//	0: the money goes back at once
//	1: the order is looked at once more first; the saga's stale mark of an order
//	   that has ended is set right
const RepairRevision = 1

// RepairOrderInput is what the saga of a repair starts with.
type RepairOrderInput struct {
	RepairID string `json:"repair_id"`
	// OrderID may be of an order that nobody knows.
	OrderID string `json:"order_id"`
	// Kind is of the discrepancy that is to be mended.
	Kind order.DiscrepancyKind `json:"kind,omitempty"`
	// Revision is the RepairRevision that the run began with.
	Revision int `json:"revision,omitempty"`
	// Again: the run follows another of the same repair that was cut off.
	Again bool `json:"again,omitempty"`
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
				Name: "LookAgain", Summary: "is it still there", Kind: saga.Compensatable, Effectless: true,
				Action: saga.Action[repairing]{Policy: compare, Do: func(ctx workflow.Context, _ *repairRun, r *repairing) error {
					return r.lookAgain(ctx)
				}},
			}},
			{repairStep{
				Name: "GiveMoneyBack", Summary: "pivot: void or refund", Kind: saga.Pivot,
				Action: saga.Action[repairing]{Policy: on(QueuePayment, settle), Do: func(ctx workflow.Context, _ *repairRun, r *repairing) error {
					return giveMoneyBack(ctx, r.in.OrderID, order.ReversalID)
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
				Name: "RecordRepair", Summary: "the discrepancy is resolved", Kind: saga.Retriable, Final: true,
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
		Deadline:  repairDeadline,
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
	mustKnow(in.Revision, RepairRevision)
	r := &repairing{in: in}
	_ = w.saga.Run(ctx, r) // how it ended is in r
	err := awaitHandlers(ctx)
	return r.outcome, err
}

// lookAgain refuses where the discrepancy has gone since it was found, or the
// order's saga is at it: a healthy order must not be given back. A run that goes
// on finds what the one before it left, and refuses only where all is well.
func (r *repairing) lookAgain(ctx workflow.Context) error {
	if r.in.Revision == 0 {
		return nil
	}
	found, err := look(ctx, []string{r.in.OrderID}, 0, true)
	if err != nil {
		return err
	}
	f, v := found[0].facts, found[0].verdict
	gone := !slices.Contains(v.Kinds, r.in.Kind)
	if r.in.Again {
		gone = v.Sound() && f.Order != nil && f.Order.Status == order.Confirmed
	}
	switch {
	case v.Later, v.Again:
		return temporal.NewNonRetryableApplicationError("The order's saga runs, or is about to.", CodeSagaRunning, nil)
	case gone:
		return temporal.NewNonRetryableApplicationError("The discrepancy is not there any more.", CodeDiscrepancyGone, nil)
	}
	return nil
}

// endOrder ends an order that the repair has turned back: one that was confirmed
// is refunded, one that was not decided fails. What has ended stays, and its
// saga has ended too.
func (r *repairing) endOrder(ctx workflow.Context) error {
	var found []order.Standing
	err := workflow.ExecuteLocalActivity(ctx, orders.ReadOrders, []string{r.in.OrderID}).Get(ctx, &found)
	switch {
	case err != nil || len(found) == 0:
		return err
	case found[0].Status.Decided():
		return r.endDecided(ctx, found[0])
	}
	return workflow.ExecuteLocalActivity(ctx, orders.TransitionOrder, order.Transition{
		OrderID: r.in.OrderID, To: order.Failed, SagaState: order.SagaCompensated, Seq: workflow.Now(ctx).UnixMicro(),
		Failure: &order.Failure{Code: CodeRepaired, Detail: "The order was turned back by a repair.", Step: "EndOrder"},
	}).Get(ctx, nil)
}

func (r *repairing) endDecided(ctx workflow.Context, o order.Standing) error {
	if o.Status == order.Confirmed {
		if err := refundReversed(ctx, r.in.OrderID); err != nil {
			return err
		}
	}
	if o.Settled() || r.in.Revision == 0 {
		return nil
	}
	return workflow.ExecuteLocalActivity(ctx, orders.MarkSaga, order.Mark{
		OrderID: r.in.OrderID, SagaState: order.SagaCompensated, Seq: workflow.Now(ctx).UnixMicro(),
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

// repairOrderOptions is how the saga of a repair is started, by whoever starts it.
func repairOrderOptions(r order.RepairPlan) client.StartWorkflowOptions {
	return sagaOptions(order.RepairWorkflowID(r.ID), "Repair "+r.ID+" of order "+r.OrderID, repairOrderDetails)
}

func repairOrderRequest(r order.RepairPlan) RepairOrderInput {
	return RepairOrderInput{RepairID: r.ID, OrderID: r.OrderID, Kind: r.Kind, Revision: RepairRevision}
}

// StartRepairOrder starts the saga of a repair, if none was.
func StartRepairOrder(ctx context.Context, c client.Client, r order.RepairPlan) error {
	return start(ctx, c, "repair "+r.ID, repairOrderOptions(r), RepairOrderName, repairOrderRequest(r))
}

// repairDeadline bounds the look that comes before the pivot.
const repairDeadline = 10 * time.Minute

const repairOrderDetails = `Saga of one repair, which an operator started:

1. **LookAgain**: is the discrepancy still there, and does the order's saga let it be
2. **GiveMoneyBack** (payment): the pivot: voids what is held, refunds what was taken
3. in parallel **GiveUnitsBack** (inventory), **EndOrder** (order)
4. **RecordRepair** (order): the discrepancy is resolved`
