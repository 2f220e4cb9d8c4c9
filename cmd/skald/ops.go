package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/workflows/saga"
)

// opsCmd is what operators do, with sagas through the front door.
type opsCmd struct {
	URL   string        `help:"Front door." default:"http://127.0.0.1:8080" env:"SKALD_URL"`
	Key   config.Secret `help:"Operator's API key." env:"SKALD_API_KEY"`
	Sagas sagasCmd      `cmd:"" help:"How sagas stand, and what to do with parked ones."`

	Discrepancies discrepanciesCmd `cmd:"" help:"What the services say and does not agree, and how to mend it."`
	Versions      versionsCmd      `cmd:"" help:"Which version of the order workers takes new sagas."`
}

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
	var page struct {
		Items []api.SagaSummary `json:"items"`
	}
	query := url.Values{"state": {l.State}, "limit": {fmt.Sprint(l.Limit)}}
	if err := ops.call(p.ctx, http.MethodGet, "/v1/sagas?"+query.Encode(), nil, &page, ""); err != nil {
		return err
	}
	if len(page.Items) == 0 {
		_, err := fmt.Fprintf(p.out, "no saga is %s\n", l.State)
		return err
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "WORKFLOW\tSAGA\tSTATE\tSTEP\tSTARTED")
	for _, s := range page.Items {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", s.WorkflowID, s.Saga, s.State, s.Step, ago(s.StartedAt))
	}
	return table.Flush()
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
	_, _ = fmt.Fprintf(out, "%s  %s  %s, started %s\n", s.WorkflowID, s.Saga, s.State, ago(s.StartedAt))
	if f := s.Failure.Value; f != nil {
		_, _ = fmt.Fprintf(out, "turned back at %s: %s (%s)\n", f.Step, f.Reason, f.Class)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "\nSTEP\tKIND\tSTATE")
	for _, step := range s.Steps {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\n", step.Name, step.Kind, step.State)
	}
	if len(s.Parked) > 0 {
		_, _ = fmt.Fprintln(table, "\nPARKED\tREASON\tATTEMPTS\tSINCE\tWHAT CAN BE DONE")
	}
	for _, parked := range s.Parked {
		_, _ = fmt.Fprintf(table, "%s\t%s (%s)\t%d\t%s\t%s\n", parked.Step, parked.Reason, parked.Class, parked.Attempts, ago(parked.Since), join(parked.Decisions))
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
	Step         string        `help:"Which step, where several are parked."`
	StartToClose string        `help:"With retry_with: how long an attempt may take, such as 2m."`
	Key          string        `name:"idempotency-key" help:"Decides once under this key, however often it is sent."`
}

// Run sends the decision, and prints what is recorded of it.
func (r *resolveSagaCmd) Run(p *process, ops *opsCmd) error {
	decision := api.NewResolution{Action: r.Action, Reason: r.Reason, Step: r.Step}
	if r.StartToClose != "" {
		decision.Input = &saga.Patience{StartToClose: r.StartToClose}
	}
	var done order.Resolution
	if err := ops.call(p.ctx, http.MethodPost, sagaPath(r.WorkflowID)+"/resolutions", decision, &done, r.Key); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.out, "%s %s: %s → %s, recorded as %s by %s\n", done.Action, done.Step, done.Before, done.After, done.ID, done.By)
	return err
}

// call asks the front door; what it refuses is told in its own words.
func (ops *opsCmd) call(ctx context.Context, method, path string, body, into any, key string) error {
	payload := &bytes.Buffer{}
	if body != nil {
		if err := json.NewEncoder(payload).Encode(body); err != nil {
			return err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(ops.URL, "/")+path, payload)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	for name, value := range map[string]string{"Idempotency-Key": key, "Authorization": bearer(string(ops.Key))} {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	response, err := (&http.Client{Timeout: time.Minute}).Do(request)
	if err != nil {
		return fmt.Errorf("no front door answers at %s: set --url or SKALD_URL: %w", ops.URL, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode >= http.StatusBadRequest {
		var p api.Problem
		if err := json.NewDecoder(response.Body).Decode(&p); err != nil || p.Code == "" {
			return fmt.Errorf("the front door answered %s", response.Status)
		}
		said := []string{p.Detail}
		for _, field := range p.Errors {
			said = append(said, field.Field+": "+field.Message)
		}
		return errors.New(strings.Join(said, " "))
	}
	return json.NewDecoder(response.Body).Decode(into)
}

func bearer(key string) string {
	if key == "" {
		return ""
	}
	return "Bearer " + key
}

func sagaPath(workflowID string) string { return "/v1/sagas/" + url.PathEscape(workflowID) }

func join(decisions []saga.Decision) string {
	words := make([]string, len(decisions))
	for i, d := range decisions {
		words[i] = string(d)
	}
	return strings.Join(words, ", ")
}

// ago tells a time as operators think of it.
func ago(t time.Time) string { return time.Since(t).Round(time.Second).String() + " ago" }
