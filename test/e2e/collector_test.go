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

// requireWhole: but for the one whose parent the caller is, every span's parent is
// in the trace, and none was told twice.
func requireWhole(t *testing.T, caller string, spans []spanned) {
	t.Helper()
	known := map[string]bool{caller: true}
	for _, s := range spans {
		require.False(t, known[s.id()], "%s was told twice", s.Name)
		known[s.id()] = true
	}
	for _, s := range spans {
		require.True(t, known[s.parent()], "the parent of %s (%s) is not in the trace:\n%s", s.Name, s.process, names(spans))
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
