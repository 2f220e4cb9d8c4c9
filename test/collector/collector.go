// Package collector takes the traces that a platform sends, for tests to look at.
package collector

import (
	"compress/gzip"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	service "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// What a caller's request is part of, by the example of W3C Trace Context.
const (
	CallersTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	CallersSpan  = "00f067aa0ba902b7"
)

// Span is one as a process told of it.
type Span struct {
	*otlp.Span

	Process string // its service.name
}

// ID is the span's own id, in hex.
func (s Span) ID() string { return hex.EncodeToString(s.SpanId) }

// Parent is the id of the span that it is below, in hex.
func (s Span) Parent() string { return hex.EncodeToString(s.ParentSpanId) }

// Collector takes OTLP over HTTP and keeps what it got.
type Collector struct {
	*httptest.Server

	mu  sync.Mutex
	all []Span
	raw []byte // all that was sent, one after the other
}

// Start runs a collector for as long as a test.
func Start(t *testing.T) *Collector {
	t.Helper()
	c := &Collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(c.take))
	t.Cleanup(c.Close)
	return c
}

func (c *Collector) take(w http.ResponseWriter, r *http.Request) {
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(r.Body)
		if err != nil {
			http.Error(w, "no gzip", http.StatusBadRequest)
			return
		}
		body = unzipped
	}
	raw, err := io.ReadAll(body)
	var got service.ExportTraceServiceRequest
	if err != nil || proto.Unmarshal(raw, &got) != nil || r.URL.Path != "/v1/traces" {
		http.Error(w, "no traces", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raw = append(c.raw, raw...)
	for _, process := range got.ResourceSpans {
		var name string
		for _, a := range process.Resource.Attributes {
			if a.Key == "service.name" {
				name = a.Value.GetStringValue()
			}
		}
		for _, scope := range process.ScopeSpans {
			for _, s := range scope.Spans {
				c.all = append(c.all, Span{s, name})
			}
		}
	}
}

// Sent gives all that the processes sent.
func (c *Collector) Sent() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.raw)
}

// IDs lists the ids of all traces.
func (c *Collector) IDs() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list strings.Builder
	for _, s := range c.all {
		list.WriteString(hex.EncodeToString(s.TraceId) + "\n")
	}
	return list.String()
}

// Of gives the spans of a trace, in the order of their beginnings.
func (c *Collector) Of(traceID string) (found []Span) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.all {
		if hex.EncodeToString(s.TraceId) == traceID {
			found = append(found, s)
		}
	}
	slices.SortStableFunc(found, func(a, b Span) int {
		return int(int64(a.StartTimeUnixNano) - int64(b.StartTimeUnixNano)) //nolint:gosec // times of this century
	})
	return found
}

// Whole tells whether every span's parent is in the trace, but for those whose parent
// the caller is. A process tells of a span when it has ended, and of those below it
// perhaps before.
func Whole(caller string, spans []Span) bool {
	known := map[string]bool{caller: true}
	for _, s := range spans {
		known[s.ID()] = true
	}
	return !slices.ContainsFunc(spans, func(s Span) bool { return !known[s.Parent()] })
}

// RequireOnce requires that no span was told twice.
func RequireOnce(t *testing.T, spans []Span) {
	t.Helper()
	known := map[string]bool{}
	for _, s := range spans {
		require.False(t, known[s.ID()], "%s was told twice", s.Name)
		known[s.ID()] = true
	}
}

// Names lists spans with what they are below.
func Names(spans []Span) string {
	var list strings.Builder
	for _, s := range spans {
		list.WriteString(s.ID() + " < " + s.Parent() + " " + s.Process + " " + s.Name + "\n")
	}
	return list.String()
}
