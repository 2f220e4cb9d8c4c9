package main

import (
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"

	"github.com/skaldhq/skald/api"
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
	items, more, err := list[api.Discrepancy](p.ctx, ops, "/v1/discrepancies", url.Values{"state": {l.State}}, l.Limit)
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
		how := d.Repair
		if d.ResolvedAt != nil {
			how = d.Resolution + " " + ago(*d.ResolvedAt)
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", d.ID, d.Kind, d.OrderID, ago(d.FoundAt), how, d.Detail)
		if a := d.Acceptance.Value; a != nil {
			_, _ = fmt.Fprintf(table, "  \taccepted\tby %s\t\t\t%s\n", a.By, a.Reason)
		}
		for _, r := range d.Repairs {
			outcome := "runs"
			if r.EndedAt != nil {
				outcome = r.Outcome + " " + r.Code
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
	var d api.RequestedRepair
	path := "/v1/discrepancies/" + url.PathEscape(r.ID) + "/repairs"
	if err := ops.call(p.ctx, http.MethodPost, path, api.NewRepair{Reason: r.Reason}, &d, r.Key); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.out, "%s of order %s: %s runs as %s\n", d.Kind, d.OrderID, d.Repair, d.WorkflowID)
	return err
}

type acceptDiscrepancyCmd struct {
	ID     string `arg:"" help:"Such as dis_…"`
	Reason string `help:"Why; it is kept for good." required:""`
}

// Run accepts a discrepancy, and prints what is recorded of that.
func (a *acceptDiscrepancyCmd) Run(p *process, ops *opsCmd) error {
	var d api.Discrepancy
	path := "/v1/discrepancies/" + url.PathEscape(a.ID) + "/acceptance"
	if err := ops.call(p.ctx, http.MethodPut, path, api.NewAcceptance{Reason: a.Reason}, &d, ""); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.out, "%s of order %s: accepted, recorded as decided by %s\n", d.Kind, d.OrderID, d.Acceptance.Value.By)
	return err
}
