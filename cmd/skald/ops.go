package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/skaldhq/skald/client"
	"github.com/skaldhq/skald/internal/config"
)

// opsCmd is what operators do, with sagas through the front door.
type opsCmd struct {
	URL   string        `help:"Front door." default:"http://127.0.0.1:8080" env:"SKALD_URL"`
	Key   config.Secret `help:"Operator's API key." env:"SKALD_API_KEY"`
	Sagas sagasCmd      `cmd:"" help:"How sagas stand, and what to do with parked ones."`

	Keys keysCmd `cmd:"" help:"Who may ask the platform, and as whom."`

	Discrepancies discrepanciesCmd `cmd:"" help:"What the services say and does not agree, and how to mend it."`
	DeadLetters   deadLettersCmd   `cmd:"" help:"Events that nobody could be told of, and how to try again."`
	Versions      versionsCmd      `cmd:"" help:"Which version of the order workers takes new sagas."`
}

// door is a client of the front door.
func (ops *opsCmd) door() (*client.Client, error) {
	return client.New(ops.URL, client.WithKey(string(ops.Key)), client.WithHTTPClient(patient{ops, &http.Client{Timeout: time.Minute}}))
}

// patient waits for the front door, and tells where there was none.
type patient struct {
	ops  *opsCmd
	http *http.Client
}

// Do sends a request.
func (p patient) Do(r *http.Request) (*http.Response, error) {
	response, err := p.http.Do(r) //nolint:gosec // where to, the operator says
	if err != nil {
		return nil, p.ops.silent(err)
	}
	return response, nil
}

// silent is that the front door gave no answer: there is none, or it took the
// request and did not answer.
func (ops *opsCmd) silent(err error) error {
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		return fmt.Errorf("no front door answers at %s: set --url or SKALD_URL: %w", ops.URL, err)
	}
	return fmt.Errorf("the front door at %s took the request and did not answer: %w", ops.URL, err)
}

// mostOfPage is the longest page of a list that the front door gives.
const mostOfPage = 100

// list gives up to limit items of a list of the front door, page by page; more:
// there are others.
func list[T any](ctx context.Context, limit int, page func(ctx context.Context, limit *int64, cursor *string) ([]T, *string, error)) (items []T, more bool, err error) {
	if limit < 1 {
		return nil, false, errors.New("--limit must be at least 1")
	}
	var cursor *string
	for len(items) < limit {
		found, next, err := page(ctx, new(int64(min(limit-len(items), mostOfPage))), cursor)
		if err != nil {
			return nil, false, err
		}
		items = append(items, found...)
		if next == nil {
			return items, false, nil
		}
		cursor = next
	}
	return items, true, nil
}

// tellMore says that a list was cut at its limit.
func tellMore(out io.Writer, more bool) error {
	if !more {
		return nil
	}
	_, err := fmt.Fprintln(out, "more: there are others, give a larger --limit")
	return err
}

// given is a text that may be left out, as the client takes it.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// said is a text that the front door may leave out.
func said[T ~string](text *T) string {
	if text == nil {
		return ""
	}
	return string(*text)
}

// ago tells a time as operators think of it.
func ago(t time.Time) string { return time.Since(t).Round(time.Second).String() + " ago" }
