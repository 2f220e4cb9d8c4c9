package e2e_test

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
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// spanned is a span as a collector got it.
type spanned struct {
	*otlp.Span

	process string
}

func (s spanned) id() string     { return hex.EncodeToString(s.SpanId) }
func (s spanned) parent() string { return hex.EncodeToString(s.ParentSpanId) }

// traces is a collector: it takes OTLP over HTTP and keeps what it got.
type traces struct {
	*httptest.Server

	mu  sync.Mutex
	all []spanned
	raw []byte // all that was sent, one after the other
}

func collect(t *testing.T) *traces {
	t.Helper()
	c := &traces{}
	c.Server = httptest.NewServer(http.HandlerFunc(c.take))
	t.Cleanup(c.Close)
	return c
}

func (c *traces) take(w http.ResponseWriter, r *http.Request) {
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
	var got collector.ExportTraceServiceRequest
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
				c.all = append(c.all, spanned{s, name})
			}
		}
	}
}

// sent gives all that the processes sent.
func (c *traces) sent() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.raw)
}

// ids lists the ids of all traces.
func (c *traces) ids() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list strings.Builder
	for _, s := range c.all {
		list.WriteString(hex.EncodeToString(s.TraceId) + "\n")
	}
	return list.String()
}

// of gives the spans of a trace, in the order of their beginnings.
func (c *traces) of(traceID string) (found []spanned) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.all {
		if hex.EncodeToString(s.TraceId) == traceID {
			found = append(found, s)
		}
	}
	slices.SortStableFunc(found, func(a, b spanned) int {
		return int(int64(a.StartTimeUnixNano) - int64(b.StartTimeUnixNano)) //nolint:gosec // times of this century
	})
	return found
}

// whole tells whether every span's parent is in the trace, but for those whose parent
// the caller is. A process tells of a span when it has ended, and of those below it
// perhaps before.
func whole(caller string, spans []spanned) bool {
	known := map[string]bool{caller: true}
	for _, s := range spans {
		known[s.id()] = true
	}
	return !slices.ContainsFunc(spans, func(s spanned) bool { return !known[s.parent()] })
}

// requireOnce: no span was told twice.
func requireOnce(t *testing.T, spans []spanned) {
	t.Helper()
	known := map[string]bool{}
	for _, s := range spans {
		require.False(t, known[s.id()], "%s was told twice", s.Name)
		known[s.id()] = true
	}
}

// names lists spans with what they are below.
func names(spans []spanned) string {
	var list strings.Builder
	for _, s := range spans {
		list.WriteString(s.id() + " < " + s.parent() + " " + s.process + " " + s.Name + "\n")
	}
	return list.String()
}
