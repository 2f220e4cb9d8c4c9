package rpc_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/rpc"
)

// TestWatched: an operation is counted and traced at both ends, what it did below what
// was asked; a panic is a failure. A breaker shows the state that it is in.
func TestWatched(t *testing.T) {
	t.Parallel()
	kept := tracetest.NewInMemoryExporter()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSyncer(kept)).Tracer("")
	registry := prometheus.NewRegistry()
	watch := rpc.NewWatch(tracer, registry)
	s := rpc.NewServer(slog.New(slog.DiscardHandler), "token").Watched(watch)
	rpc.Handle(s, "echo", "do", func(_ context.Context, how string) (string, error) {
		switch how {
		case "refuse":
			return "", fault.New(fault.Refused, "no", "No.")
		case "panic":
			panic("it was told to")
		}
		return how, nil
	})
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	up := rpc.NewUpstream("echo", server.URL, "token", nil).Watched(watch)
	t.Cleanup(up.Close)
	outcomes := func(name string) (all []string) {
		families, err := registry.Gather()
		require.NoError(t, err)
		for _, f := range families {
			if f.GetName() == name {
				for _, m := range f.Metric {
					all = append(all, m.Label[1].GetValue())
				}
			}
		}
		return all
	}

	_, err := rpc.Write[string](t.Context(), up, "do", "it")
	require.NoError(t, err)
	spans := kept.GetSpans()
	require.Len(t, spans, 2)
	require.Equal(t, spans[1].SpanContext.SpanID(), spans[0].Parent.SpanID())
	require.Equal(t, spans[1].SpanContext.TraceID(), spans[0].SpanContext.TraceID())

	for _, how := range []string{"refuse", "panic"} {
		_, err = rpc.Write[string](t.Context(), up, "do", how)
		require.Error(t, err)
	}
	require.Equal(t, []string{"internal", "ok", "refused"}, outcomes(rpc.MetricAsked))
	require.Equal(t, []string{"internal", "ok", "refused"}, outcomes(rpc.MetricAnswered))

	server.Close()
	for range 5 {
		_, err = rpc.Write[string](t.Context(), up, "do", "it")
		require.Error(t, err)
	}
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`# HELP skald_breaker_state 1 for the state that a circuit breaker is in.
# TYPE skald_breaker_state gauge
skald_breaker_state{service="echo",state="closed"} 0
skald_breaker_state{service="echo",state="half_open"} 0
skald_breaker_state{service="echo",state="open"} 1
`), rpc.MetricBreaker))
}
