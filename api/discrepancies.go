package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/services/order"
)

// Discrepancy is what the services say of one order and that does not agree.
type Discrepancy struct {
	ID         string                `json:"id" example:"dis_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Kind       order.DiscrepancyKind `json:"kind" enum:"payment_without_order,stock_without_order,money_missing,money_kept,stock_missing,stock_kept,order_open"`
	OrderID    string                `json:"order_id" doc:"There may be no such order" example:"ord_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Detail     string                `json:"detail" doc:"What does not agree" example:"no order; payment authorized, 0 kept; no reservation; run none"`
	Repair     string                `json:"repair" enum:"RepairOrder" doc:"The saga that is offered. RepairOrder turns the order back wherever it stands: the money goes back, then the units and the order follow"`
	FoundAt    time.Time             `json:"found_at"`
	SeenAt     time.Time             `json:"seen_at" doc:"When it was last found"`
	ResolvedAt *time.Time            `json:"resolved_at" doc:"Null while it is open"`
	Resolution string                `json:"resolution,omitempty" enum:"gone,repaired,accepted" doc:"How it came to be resolved"`
	Acceptance Maybe[Acceptance]     `json:"acceptance" doc:"Null unless an operator accepted it"`
	Repairs    []Repair              `json:"repairs" nullable:"false" doc:"What operators had done about it, oldest first"`
}

// Repair is what an operator had done about a discrepancy.
type Repair struct {
	ID         string     `json:"id" example:"rep_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	WorkflowID string     `json:"workflow_id" doc:"The saga of the repair; find it in the Temporal Web UI by it" example:"repair/rep_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Reason     string     `json:"reason" example:"The order was lost with a backup; the customer was told."`
	By         string     `json:"by" example:"operator"`
	At         time.Time  `json:"at"`
	Outcome    string     `json:"outcome,omitempty" enum:"done,refused" doc:"Left out until it ended"`
	Code       string     `json:"code,omitempty" doc:"Why the repair was refused" example:"refund_failed"`
	EndedAt    *time.Time `json:"ended_at" doc:"Null until it ended"`
}

// Acceptance is who accepted a discrepancy as it is, and why.
type Acceptance struct {
	Reason string `json:"reason" example:"The customer keeps the money: the parcel was lost."`
	By     string `json:"by" example:"operator"`
}

// NewAcceptance accepts a discrepancy as it is.
type NewAcceptance struct {
	Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"Why; it is kept. No personal data" example:"The customer keeps the money: the parcel was lost."`
}

// NewRepair asks to mend a discrepancy.
type NewRepair struct {
	Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"Why it is to be mended; it is kept. No personal data" example:"The order was lost with a backup; the customer was told."`
}

func toDiscrepancy(d order.Discrepancy) Discrepancy {
	out := Discrepancy{
		ID: d.ID, Kind: d.Kind, OrderID: d.OrderID, Detail: d.Detail, Repair: d.Repair, FoundAt: d.FoundAt, SeenAt: d.SeenAt,
		ResolvedAt: d.ResolvedAt, Resolution: d.Resolution, Repairs: make([]Repair, len(d.Repairs)),
	}
	if a := d.Acceptance; a != nil {
		out.Acceptance.Value = &Acceptance{Reason: a.Reason, By: a.By}
	}
	for i, r := range d.Repairs {
		out.Repairs[i] = Repair{
			ID: r.ID, WorkflowID: order.RepairWorkflowID(r.ID), Reason: r.Reason, By: r.By, At: r.At,
			Outcome: string(r.Outcome), Code: r.Code, EndedAt: r.EndedAt,
		}
	}
	return out
}

type listDiscrepanciesInput struct {
	State order.DiscrepancyState `query:"state" enum:"open,resolved" default:"open" doc:"Those that are open, or those that are not any more"`
	PageQuery
}

type listDiscrepanciesOutput struct{ Body page[Discrepancy] }

type repairInput struct {
	DiscrepancyID string `path:"discrepancy_id" doc:"The discrepancy's id" example:"dis_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	KeyHeader
	Body NewRepair
}

type repairOutput struct {
	Location string `header:"Location"`
	Body     RequestedRepair
}

// RequestedRepair is a discrepancy, and the repair that was asked for.
type RequestedRepair struct {
	Discrepancy

	WorkflowID string `json:"workflow_id" doc:"The saga of the repair that was asked for" example:"repair/rep_01k9m2v6y7e4p8s0t2w4x6z8ab"`
}

// TransformSchema tells that it is a Discrepancy, and more.
func (RequestedRepair) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return extending[RequestedRepair, Discrepancy](r, s)
}

type acceptInput struct {
	DiscrepancyID string `path:"discrepancy_id" doc:"The discrepancy's id" example:"dis_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Body          NewAcceptance
}

type acceptOutput struct{ Body Discrepancy }

func (c Config) registerDiscrepancies(a huma.API) {
	huma.Register(a, operation("list-discrepancies", http.MethodGet, "/v1/discrepancies", "sagas", operatorsOnly(readSagas), "List discrepancies",
		"What the services say and that does not agree, and that nobody but an operator may mend. Newest first."), c.listDiscrepancies)
	repair := operation("repair-discrepancy", http.MethodPost, "/v1/discrepancies/{discrepancy_id}/repairs", "sagas", operatorsOnly(writeSagas), "Repair a discrepancy",
		"Records who wants it and why, and starts the saga that is offered.",
		order.ErrDiscrepancyNotFound, order.ErrDiscrepancyResolved, unavailable(nil))
	repair.DefaultStatus = http.StatusAccepted
	huma.Register(a, repair, c.repairDiscrepancy)
	huma.Register(a, operation("accept-discrepancy", http.MethodPut, "/v1/discrepancies/{discrepancy_id}/acceptance", "sagas", operatorsOnly(writeSagas), "Accept a discrepancy",
		"Records who takes the order as it stands, and why, for good: the discrepancy is resolved, the same kind is not found of that order again, and its saga is not run again.",
		order.ErrDiscrepancyNotFound, order.ErrDiscrepancyResolved), c.acceptDiscrepancy)
}

func (c Config) acceptDiscrepancy(ctx context.Context, in *acceptInput) (*acceptOutput, error) {
	d, err := c.Orders.AcceptDiscrepancy(ctx, order.Acceptance{DiscrepancyID: in.DiscrepancyID, Reason: in.Body.Reason, By: principalOf(ctx).Name})
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &acceptOutput{Body: toDiscrepancy(d)}, nil
}

func (c Config) listDiscrepancies(ctx context.Context, in *listDiscrepanciesInput) (*listDiscrepanciesOutput, error) {
	found, err := c.Orders.ListDiscrepancies(ctx, order.DiscrepancyFilter{State: in.State, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &listDiscrepanciesOutput{Body: newPage(found.Items, toDiscrepancy, found.NextCursor)}, nil
}

// repairDiscrepancy records the repair, which cannot be lost then, and starts its
// saga. Where that fails, the same request again does, or a dispatcher.
func (c Config) repairDiscrepancy(ctx context.Context, in *repairInput) (*repairOutput, error) {
	request := order.RepairRequest{
		DiscrepancyID: in.DiscrepancyID, RepairID: in.newID(ctx, order.RepairIDPrefix, "repair-discrepancy/"+in.DiscrepancyID),
		Reason: in.Body.Reason, By: principalOf(ctx).Name,
	}
	d, err := c.Orders.RequestRepair(ctx, request)
	if errors.Is(err, order.ErrRepairReused) {
		return nil, keyReused(ctx)
	}
	if err != nil {
		return nil, problem(ctx, err)
	}
	if err := c.Sagas.Repair(ctx, order.RepairPlan{ID: request.RepairID, OrderID: d.OrderID, Kind: d.Kind}); err != nil {
		return nil, problem(ctx, unavailable(err))
	}
	workflowID := order.RepairWorkflowID(request.RepairID)
	return &repairOutput{Location: "/v1/sagas/" + workflowID, Body: RequestedRepair{Discrepancy: toDiscrepancy(d), WorkflowID: workflowID}}, nil
}
