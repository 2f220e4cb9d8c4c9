package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/internal/config"
)

// opsCmd is what operators do, with sagas through the front door.
type opsCmd struct {
	URL   string        `help:"Front door." default:"http://127.0.0.1:8080" env:"SKALD_URL"`
	Key   config.Secret `help:"Operator's API key." env:"SKALD_API_KEY"`
	Sagas sagasCmd      `cmd:"" help:"How sagas stand, and what to do with parked ones."`

	Keys keysCmd `cmd:"" help:"Who may ask the platform, and as whom."`

	Discrepancies discrepanciesCmd `cmd:"" help:"What the services say and does not agree, and how to mend it."`
	Versions      versionsCmd      `cmd:"" help:"Which version of the order workers takes new sagas."`
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
		return ops.silent(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode >= http.StatusBadRequest {
		return refused(response)
	}
	return json.NewDecoder(response.Body).Decode(into)
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

// refusal is the front door's no, in its own words.
type refusal struct {
	status int
	said   string
}

// Error gives the words.
func (r *refusal) Error() string { return r.said }

func refused(response *http.Response) error {
	var p api.Problem
	if err := json.NewDecoder(response.Body).Decode(&p); err != nil || p.Code == "" {
		return &refusal{status: response.StatusCode, said: "the front door answered " + response.Status}
	}
	said := []string{p.Detail}
	for _, field := range p.Errors {
		said = append(said, field.Field+": "+field.Message)
	}
	return &refusal{status: response.StatusCode, said: strings.Join(said, " ")}
}

// mostOfPage is the longest page of a list that the front door gives.
const mostOfPage = 100

// list gives up to limit items of a list of the front door, page by page; more:
// there are others.
func list[T any](ctx context.Context, ops *opsCmd, path string, query url.Values, limit int) (items []T, more bool, err error) {
	if limit < 1 {
		return nil, false, errors.New("--limit must be at least 1")
	}
	query = maps.Clone(query)
	for len(items) < limit {
		var page struct {
			Items      []T     `json:"items"`
			NextCursor *string `json:"next_cursor"`
		}
		query.Set("limit", strconv.Itoa(min(limit-len(items), mostOfPage)))
		if err := ops.call(ctx, http.MethodGet, path+"?"+query.Encode(), nil, &page, ""); err != nil {
			return nil, false, err
		}
		items = append(items, page.Items...)
		if page.NextCursor == nil {
			return items, false, nil
		}
		query.Set("cursor", *page.NextCursor)
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

func bearer(key string) string {
	if key == "" {
		return ""
	}
	return "Bearer " + key
}

// ago tells a time as operators think of it.
func ago(t time.Time) string { return time.Since(t).Round(time.Second).String() + " ago" }
