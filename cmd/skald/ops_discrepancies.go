package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/skaldhq/skald/client"
)

type discrepanciesCmd struct {
	List   listDiscrepanciesCmd `cmd:"" help:"List discrepancies, newest first."`
	Repair repairDiscrepancyCmd `cmd:"" help:"Start the saga that mends a discrepancy."`
	Accept acceptDiscrepancyCmd `cmd:"" help:"Take an order as it stands: the discrepancy is not found again."`
}

type listDiscrepanciesCmd struct {
	State string `help:"Discrepancies of this state only." default:"open" enum:"open,resolved"`
	Limit int    `help:"How many at most." default:"50"`
}

// Run prints a line a discrepancy, and below it what was done about it.
func (l *listDiscrepanciesCmd) Run(p *process, ops *opsCmd) error {
	door, err := ops.door()
	if err != nil {
		return err
	}
	state := client.ListDiscrepanciesParamsState(l.State)
	items, more, err := list(p.ctx, l.Limit, func(ctx context.Context, limit *int64, cursor *string) ([]client.Discrepancy, *string, error) {
		page, err := door.ListDiscrepancies(ctx, &client.ListDiscrepanciesParams{State: &state, Limit: limit, Cursor: cursor})
		if err != nil {
			return nil, nil, err
		}
		return page.Value.Items, page.Value.NextCursor, nil
	})
	if err != nil {
		return err
	}
	if len(items) == 0 {
		_, err := fmt.Fprintf(p.out, "no discrepancy is %s\n", l.State)
		return err
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "DISCREPANCY\tKIND\tORDER\tFOUND\tREPAIR\tDETAIL")
	for _, d := range items {
		how := string(d.Repair)
		if d.ResolvedAt != nil {
			how = said(d.Resolution) + " " + ago(*d.ResolvedAt)
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", d.ID, d.Kind, d.OrderID, ago(d.FoundAt), how, d.Detail)
		if a := d.Acceptance; a != nil {
			_, _ = fmt.Fprintf(table, "  \taccepted\tby %s\t\t\t%s\n", a.By, a.Reason)
		}
		for _, r := range d.Repairs {
			outcome := "runs"
			if r.EndedAt != nil {
				outcome = said(r.Outcome) + " " + said(r.Code)
			}
			_, _ = fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\t%s\n", r.ID, outcome, "by "+r.By, ago(r.At), "", r.Reason)
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return tellMore(p.out, more)
}

type repairDiscrepancyCmd struct {
	ID     string `arg:"" help:"Such as dis_…"`
	Reason string `help:"Why; it is kept for good." required:""`
	Key    string `name:"idempotency-key" help:"Repairs once under this key, however often it is sent."`
}

// Run starts the repair, and prints where to follow it.
func (r *repairDiscrepancyCmd) Run(p *process, ops *opsCmd) error {
	door, err := ops.door()
	if err != nil {
		return err
	}
	repaired, err := door.RepairDiscrepancy(p.ctx, r.ID, &client.RepairDiscrepancyParams{IdempotencyKey: given(r.Key)}, client.NewRepair{Reason: r.Reason})
	if err != nil {
		return err
	}
	d := repaired.Value
	_, err = fmt.Fprintf(p.out, "%s of order %s: %s runs as %s\n", d.Kind, d.OrderID, d.Repair, d.WorkflowID)
	return err
}

type acceptDiscrepancyCmd struct {
	ID     string `arg:"" help:"Such as dis_…"`
	Reason string `help:"Why; it is kept for good." required:""`
}

// Run accepts a discrepancy, and prints what is recorded of that.
func (a *acceptDiscrepancyCmd) Run(p *process, ops *opsCmd) error {
	door, err := ops.door()
	if err != nil {
		return err
	}
	accepted, err := door.AcceptDiscrepancy(p.ctx, a.ID, client.NewAcceptance{Reason: a.Reason})
	if err != nil {
		return err
	}
	d := accepted.Value
	_, err = fmt.Fprintf(p.out, "%s of order %s: accepted, recorded as decided by %s\n", d.Kind, d.OrderID, d.Acceptance.By)
	return err
}
