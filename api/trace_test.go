package api_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/internal/telemetry"
)

// TestTraced: a request is a span, by its route and not its path, in the caller's
// trace or one of its own; a problem, and the line of the log, have the id of that
// trace. What asks every few seconds whether all is well is none.
func TestTraced(t *testing.T) {
	t.Parallel()
	kept, log := tracetest.NewInMemoryExporter(), &bytes.Buffer{}
	traces := sdktrace.NewTracerProvider(sdktrace.WithSyncer(kept))
	_, h := setup(t, func(c *api.Config) {
		c.Tracer = traces.Tracer("")
		c.Log = telemetry.NewLog(log, telemetry.LogJSON, slog.LevelInfo)
	})
	const card = "5105105105105100"
	for _, tc := range []struct{ method, path, name, traceparent string }{
		{http.MethodGet, "/v1/orders/ord_1", "GET /v1/orders/{order_id}", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
		{http.MethodGet, "/v1/orders/ord_2", "GET /v1/orders/{order_id}", ""},
		{http.MethodGet, "/nothing", "none", "00-" + card + "abcdefabcdefabcd-00f067aa0ba902b7-01"},
	} {
		kept.Reset()
		log.Reset()
		_, out := call(h, tc.method, tc.path, "", "Traceparent", tc.traceparent, "Tracestate", "vendor=hunter2")
		spans := kept.GetSpans()
		require.Len(t, spans, 1, tc.path)
		require.Equal(t, tc.name, spans[0].Name)
		id := spans[0].SpanContext.TraceID().String()
		if told, ok := out["trace_id"]; ok {
			require.Equal(t, id, told)
		}
		require.Contains(t, log.String(), `"trace_id":"`+id+`"`)
		require.NotContains(t, id, card)
		require.Zero(t, spans[0].SpanContext.TraceState().Len())
		for _, a := range spans[0].Attributes {
			require.NotContains(t, a.Value.String(), "ord_")
		}
	}
	kept.Reset()
	_, _ = call(h, http.MethodGet, "/health", "")
	require.Empty(t, kept.GetSpans())

	_, _ = call(h, http.MethodPost, "/v1/orders", body, "Idempotency-Key", "key")
	require.Contains(t, log.String(), `"order_id":"ord_1"`)
}
