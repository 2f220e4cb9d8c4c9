package tracing

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/workers"
)

// recorded is a tracing that keeps the spans.
func recorded(c config.Tracing) (*Tracing, *tracetest.InMemoryExporter) {
	kept := tracetest.NewInMemoryExporter()
	return newTracing(c, sdktrace.WithSyncer(kept)), kept
}

// TestReplay: recorded runs replay as they did before there were traces, and no
// replay makes a span.
func TestReplay(t *testing.T) {
	t.Parallel()
	traces, kept := recorded(config.Tracing{Sampler: config.AlwaysOn})
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{Interceptors: workerInterceptors(traces)})
	require.NoError(t, err)
	require.NoError(t, workers.RegisterSagas(replayer))
	workers.RegisterDeliveries(replayer)
	histories, err := filepath.Glob("../../workflows/testdata/histories/*/*/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, histories)
	log := sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))
	for _, file := range histories {
		require.NoError(t, replayer.ReplayWorkflowHistoryFromJSONFile(log, file), file)
	}
	var names []string
	for _, s := range kept.GetSpans() {
		names = append(names, s.Name)
	}
	require.Empty(t, names)
}

// TestLives: the span of a run has the same ids wherever it is begun, and is told
// once, by who saw it end.
func TestLives(t *testing.T) {
	t.Parallel()
	traces, kept := recorded(config.Tracing{Sampler: config.AlwaysOn})
	tracer := temporalTracer{tracer: traces.Of()}
	begin := func() *temporalSpan {
		s, err := tracer.StartSpan(&interceptor.TracerStartSpanOptions{Operation: "RunWorkflow", Name: "PlaceOrder", IdempotencyKey: "a run"})
		require.NoError(t, err)
		return s.(*temporalSpan) //nolint:forcetypeassert // it is ours
	}
	one, again := begin(), begin()
	require.Equal(t, one.SpanContext(), again.SpanContext())
	one.Finish(&interceptor.TracerFinishSpanOptions{}) // the worker forgets the run
	require.Empty(t, kept.GetSpans())
	again.end(errors.New("no"))
	require.Len(t, kept.GetSpans(), 1)
	require.Equal(t, codes.Error, kept.GetSpans()[0].Status.Code)
}

// TestKeys: an update's span is the same one however the SDK counted it, and another
// update's is another. A signal's ends where it is handled.
func TestKeys(t *testing.T) {
	t.Parallel()
	traces, kept := recorded(config.Tracing{Sampler: config.AlwaysOn})
	tracer := temporalTracer{tracer: traces.Of()}
	begin := func(operation, counted, update string) *temporalSpan {
		s, err := tracer.StartSpan(&interceptor.TracerStartSpanOptions{
			Operation: operation, Name: "it", IdempotencyKey: counted,
			Tags: map[string]string{"temporalWorkflowID": "order/1", "temporalRunID": "run", "temporalUpdateID": update},
		})
		require.NoError(t, err)
		return s.(*temporalSpan) //nolint:forcetypeassert // it is ours
	}
	update := begin("HandleUpdate", "2", "u").SpanContext().SpanID()
	require.Equal(t, update, begin("HandleUpdate", "3", "u").SpanContext().SpanID(), "a signal came before it, which a replay does not count")
	require.NotEqual(t, update, begin("HandleUpdate", "2", "v").SpanContext().SpanID())
	require.NotEqual(t, update, begin("RunWorkflow", "2", "").SpanContext().SpanID())

	begin("HandleSignal", "2", "").Finish(&interceptor.TracerFinishSpanOptions{})
	require.Len(t, kept.GetSpans(), 1)
	require.Equal(t, "HandleSignal:it", kept.GetSpans()[0].Name)
}

// TestRunsOfSagas: a run that is sent a signal and goes on as another one makes a span
// of each, and neither failed; one that fails did.
func TestRunsOfSagas(t *testing.T) {
	t.Parallel()
	no := errors.New("no")
	for _, tc := range []struct {
		ends func(workflow.Context) error
		want codes.Code
	}{
		{func(ctx workflow.Context) error { return workflow.NewContinueAsNewError(ctx, "it") }, codes.Unset},
		{func(workflow.Context) error { return no }, codes.Error},
	} {
		traces, kept := recorded(config.Tracing{Sampler: config.AlwaysOn})
		env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
		env.SetWorkerOptions(worker.Options{Interceptors: workerInterceptors(traces)})
		env.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
			workflow.GetSignalChannel(ctx, "go").Receive(ctx, nil)
			return tc.ends(ctx)
		}, workflow.RegisterOptions{Name: "it"})
		env.RegisterDelayedCallback(func() { env.SignalWorkflow("go", nil) }, time.Second)
		env.ExecuteWorkflow("it")
		is := map[string]codes.Code{}
		for _, s := range kept.GetSpans() {
			is[s.Name] = s.Status.Code
		}
		require.Equal(t, map[string]codes.Code{"HandleSignal:go": codes.Unset, "RunWorkflow:it": tc.want}, is)
	}
}

// workerInterceptors are those of a tracing, as a worker takes them.
func workerInterceptors(t *Tracing) (around []interceptor.WorkerInterceptor) {
	for _, one := range t.Interceptors() {
		around = append(around, one.(interceptor.WorkerInterceptor)) //nolint:forcetypeassert // the SDK asks the same
	}
	return around
}

// TestSampling: whether a trace is recorded is the caller's choice, or the share's.
func TestSampling(t *testing.T) {
	t.Parallel()
	of := func(flags trace.TraceFlags) context.Context {
		return trace.ContextWithRemoteSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: flags,
		}))
	}
	for _, tc := range []struct {
		sampler             string
		root, sampled, left bool
	}{
		{"parentbased_always_on", true, true, false},
		{"parentbased_always_off", false, true, false},
		{"parentbased_traceidratio", false, true, false},
		{"always_on", true, true, true},
		{"always_off", false, false, false},
	} {
		traces, _ := recorded(config.Tracing{Sampler: tc.sampler, SamplerArg: 0})
		for ctx, want := range map[context.Context]bool{t.Context(): tc.root, of(trace.FlagsSampled): tc.sampled, of(0): tc.left} {
			_, s := traces.Of().Start(ctx, "it")
			require.Equal(t, want, s.IsRecording(), tc.sampler)
		}
	}
}

// TestWordless: what an error says is not exported, that it was one is.
func TestWordless(t *testing.T) {
	t.Parallel()
	kept := tracetest.NewInMemoryExporter()
	traces := newTracing(config.Tracing{Sampler: config.AlwaysOn}, sdktrace.WithSyncer(wordless{kept, slog.New(slog.DiscardHandler)}))
	_, s := traces.Of().Start(t.Context(), "it")
	s.RecordError(errors.New("alice@example.com is taken"))
	s.SetStatus(codes.Error, "alice@example.com is taken")
	s.End()
	got := kept.GetSpans()
	require.Len(t, got, 1)
	require.Equal(t, sdktrace.Status{Code: codes.Error}, got[0].Status)
	require.Empty(t, got[0].Events)
}

// TestOff: without a collector nothing is recorded, and nothing is in the way.
func TestOff(t *testing.T) {
	t.Parallel()
	for _, c := range []config.Tracing{{}, {Endpoint: "http://127.0.0.1:1", Disabled: true}} {
		traces, err := New(t.Context(), c, "it", slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		require.Nil(t, traces.SQL())
		require.Empty(t, traces.Interceptors())
		_, s := traces.Of().Start(t.Context(), "it")
		require.False(t, s.IsRecording())
		require.NoError(t, traces.Close())
	}
}

// TestStatement: a statement is called what its query is.
func TestStatement(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"-- name: GetOrder :one\nSELECT": "GetOrder", "begin": "begin", "begin; SET LOCAL x = ''": "begin", "commit": "commit", "SELECT 1": "select",
	} {
		require.Equal(t, want, statement(sql))
	}
}
