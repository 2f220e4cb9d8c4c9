package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"text/tabwriter"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/client"
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
	door, err := ops.door()
	if err != nil {
		return err
	}
	state := client.ListSagasParamsState(l.State)
	sagas, more, err := list(p.ctx, l.Limit, func(ctx context.Context, limit *int64, cursor *string) ([]client.SagaSummary, *string, error) {
		page, err := door.ListSagas(ctx, &client.ListSagasParams{State: &state, Limit: limit, Cursor: cursor})
		if err != nil {
			return nil, nil, err
		}
		return page.Value.Items, page.Value.NextCursor, nil
	})
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
	door, err := ops.door()
	if err != nil {
		return err
	}
	found, err := door.GetSaga(p.ctx, s.WorkflowID)
	if err != nil {
		return err
	}
	return show(p.out, found.Value)
}

func show(out io.Writer, s client.Saga) error {
	ended := ""
	if s.EndedAt != nil {
		ended = ", ended " + ago(*s.EndedAt)
	}
	_, _ = fmt.Fprintf(out, "%s  %s  %s, started %s%s\n", s.WorkflowID, s.Saga, s.State, ago(s.StartedAt), ended)
	if f := s.Failure; f != nil {
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
	WorkflowID   string                     `arg:"" help:"Such as order/ord_…"`
	Action       client.NewResolutionAction `arg:"" help:"retry, retry_with, skip or compensate." enum:"retry,retry_with,skip,compensate"`
	Reason       string                     `help:"Why; it is kept for good." required:""`
	Step         string                     `help:"Which step; needed with skip and compensate, and where several are parked."`
	StartToClose string                     `help:"With retry_with: how long an attempt may take, such as 2m."`
	Key          string                     `name:"idempotency-key" help:"Decides once under this key, however often it is sent; made if not given."`
}

// Run sends the decision, and prints what is recorded of it.
func (r *resolveSagaCmd) Run(p *process, ops *opsCmd) error {
	door, err := ops.door()
	if err != nil {
		return err
	}
	decision := client.NewResolution{Action: r.Action, Reason: r.Reason, Step: given(r.Step)}
	if r.StartToClose != "" {
		decision.Input = &client.Patience{StartToClose: r.StartToClose}
	}
	key := cmp.Or(r.Key, api.ResolutionPrefix.New())
	decided, err := door.ResolveSaga(p.ctx, r.WorkflowID, &client.ResolveSagaParams{IdempotencyKey: &key}, decision)
	if err != nil {
		return again(err, key)
	}
	done := decided.Value
	_, err = fmt.Fprintf(p.out, "%s %s: %s → %s, recorded as %s by %s\n", done.Action, done.Step, done.Before, done.After, done.ID, done.By)
	return err
}

// again adds to a failure that leaves open what happened, how to send the same
// decision once more.
func again(err error, key string) error {
	if no, ok := errors.AsType[*client.Error](err); ok && no.Status < http.StatusInternalServerError {
		return err
	}
	return fmt.Errorf("%w\nWhether it was decided is not known. To send the same decision again: --idempotency-key %s", err, key)
}

// whatNow tells what can be done with a parked step, or is about to be.
func whatNow(p client.ParkedStatus) string {
	if decided := said(p.Decided); decided != "" {
		return decided + ", once the attempts under way have ended"
	}
	return strings.Join(p.Decisions, ", ")
}
