package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/workflows/saga"
)

type sagasCmd struct {
	List    listSagasCmd   `cmd:"" help:"List sagas, newest first."`
	Show    showSagaCmd    `cmd:"" help:"Show one saga: its steps, what is parked and why, what was decided."`
	Resolve resolveSagaCmd `cmd:"" help:"Decide on a parked saga."`
}

type listSagasCmd struct {
	State string `help:"Sagas of this state only." default:"parked" enum:"running,waiting,compensating,parked,completed,compensated"`
	Limit int    `help:"How many at most." default:"50"`
}

// Run prints a line a saga.
func (l *listSagasCmd) Run(p *process, ops *opsCmd) error {
	sagas, more, err := list[api.SagaSummary](p.ctx, ops, "/v1/sagas", url.Values{"state": {l.State}}, l.Limit)
	if err != nil {
		return err
	}
	if len(sagas) == 0 {
		_, err := fmt.Fprintf(p.out, "no saga is %s\n", l.State)
		return err
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "WORKFLOW\tSAGA\tSTATE\tSTEP\tSTARTED")
	for _, s := range sagas {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", s.WorkflowID, s.Saga, s.State, s.Step, ago(s.StartedAt))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return tellMore(p.out, more)
}

type showSagaCmd struct {
	WorkflowID string `arg:"" help:"Such as order/ord_…"`
}

// Run prints one saga.
func (s *showSagaCmd) Run(p *process, ops *opsCmd) error {
	var found api.Saga
	if err := ops.call(p.ctx, http.MethodGet, sagaPath(s.WorkflowID), nil, &found, ""); err != nil {
		return err
	}
	return show(p.out, found)
}

func show(out io.Writer, s api.Saga) error {
	ended := ""
	if s.EndedAt != nil {
		ended = ", ended " + ago(*s.EndedAt)
	}
	_, _ = fmt.Fprintf(out, "%s  %s  %s, started %s%s\n", s.WorkflowID, s.Saga, s.State, ago(s.StartedAt), ended)
	if f := s.Failure.Value; f != nil {
		_, _ = fmt.Fprintf(out, "turned back at %s: %s (%s)\n", f.Step, f.Reason, f.Class)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if s.Answered {
		_, _ = fmt.Fprintln(table, "\nSTEP\tKIND\tSTATE")
	} else {
		_, _ = fmt.Fprintln(table, "\nno worker answers that runs it: its steps, and what is parked, are not known")
	}
	for _, step := range s.Steps {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\n", step.Name, step.Kind, step.State)
	}
	if len(s.Parked) > 0 {
		_, _ = fmt.Fprintln(table, "\nPARKED\tREASON\tROUNDS\tSINCE\tWHAT CAN BE DONE")
	}
	for _, parked := range s.Parked {
		_, _ = fmt.Fprintf(table, "%s\t%s (%s)\t%d\t%s\t%s\n", parked.Step, parked.Reason, parked.Class, parked.Attempts, ago(parked.Since), whatNow(parked))
	}
	if len(s.Resolutions) > 0 {
		_, _ = fmt.Fprintln(table, "\nDECIDED\tSTEP\tACTION\tBY\tSTATE\tREASON")
	}
	for _, r := range s.Resolutions {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s → %s\t%s\n", ago(r.At), r.Step, r.Action, r.By, r.Before, r.After, r.Reason)
	}
	return table.Flush()
}

type resolveSagaCmd struct {
	WorkflowID   string        `arg:"" help:"Such as order/ord_…"`
	Action       saga.Decision `arg:"" help:"retry, retry_with, skip or compensate." enum:"retry,retry_with,skip,compensate"`
	Reason       string        `help:"Why; it is kept for good." required:""`
	Step         string        `help:"Which step; needed with skip and compensate, and where several are parked."`
	StartToClose string        `help:"With retry_with: how long an attempt may take, such as 2m."`
	Key          string        `name:"idempotency-key" help:"Decides once under this key, however often it is sent; made if not given."`
}

// Run sends the decision, and prints what is recorded of it.
func (r *resolveSagaCmd) Run(p *process, ops *opsCmd) error {
	decision := api.NewResolution{Action: r.Action, Reason: r.Reason, Step: r.Step}
	if r.StartToClose != "" {
		decision.Input = &saga.Patience{StartToClose: r.StartToClose}
	}
	key := cmp.Or(r.Key, api.ResolutionPrefix.New())
	var done order.Resolution
	err := ops.call(p.ctx, http.MethodPost, sagaPath(r.WorkflowID)+"/resolutions", decision, &done, key)
	if err != nil {
		return again(err, key)
	}
	_, err = fmt.Fprintf(p.out, "%s %s: %s → %s, recorded as %s by %s\n", done.Action, done.Step, done.Before, done.After, done.ID, done.By)
	return err
}

// again adds to a failure that leaves open what happened, how to send the same
// decision once more.
func again(err error, key string) error {
	var no *refusal
	if errors.As(err, &no) && no.status < http.StatusInternalServerError {
		return err
	}
	return fmt.Errorf("%w\nWhether it was decided is not known. To send the same decision again: --idempotency-key %s", err, key)
}

func sagaPath(workflowID string) string { return "/v1/sagas/" + url.PathEscape(workflowID) }

// whatNow tells what can be done with a parked step, or is about to be.
func whatNow(p saga.ParkedStatus) string {
	if p.Decided != "" {
		return string(p.Decided) + ", once the attempts under way have ended"
	}
	return join(p.Decisions)
}

func join(decisions []saga.Decision) string {
	words := make([]string, len(decisions))
	for i, d := range decisions {
		words[i] = string(d)
	}
	return strings.Join(words, ", ")
}
