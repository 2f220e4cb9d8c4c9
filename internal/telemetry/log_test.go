package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/testsuite"

	"github.com/skaldhq/skald/internal/telemetry"
)

// TestLog: a line names the trace, the saga and the order that it is about.
func TestLog(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := telemetry.NewLog(&out, telemetry.LogJSON, slog.LevelInfo)
	last := func() map[string]any {
		t.Helper()
		var line map[string]any
		require.NoError(t, json.Unmarshal(out.Bytes(), &line))
		delete(line, "time")
		out.Reset()
		return line
	}
	ctx := trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}}))
	log.InfoContext(ctx, "it")
	require.Equal(t, map[string]any{
		"level": "INFO", "msg": "it", "trace_id": "01000000000000000000000000000000", "span_id": "0200000000000000",
	}, last())
	log.With("WorkflowID", "order/ord_1", "RunID", "a").Info("it")
	require.Equal(t, map[string]any{"level": "INFO", "msg": "it", "saga_id": "order/ord_1", "order_id": "ord_1", "RunID": "a"}, last())

	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	do := func(ctx context.Context) error { log.InfoContext(ctx, "it"); return nil }
	env.RegisterActivity(do)
	_, err := env.ExecuteActivity(do)
	require.NoError(t, err)
	require.NotEmpty(t, last()["saga_id"])
	log.DebugContext(ctx, "too much")
	require.Empty(t, out.String())
	telemetry.NewLog(&out, telemetry.LogText, slog.LevelInfo).Info("it", "a", 1)
	require.Contains(t, out.String(), "msg=it a=1")
}
