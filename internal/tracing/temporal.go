package tracing

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"
)

// Interceptors make spans of what goes by way of Temporal: starting a run and
// telling it something, the run, its activities and each attempt of them. The
// trace goes along in headers, which are no part of what a run decides: recorded
// runs replay with them and without. None where nothing is traced.
func (t *Tracing) Interceptors() []interceptor.ClientInterceptor {
	if !t.on {
		return nil
	}
	return []interceptor.ClientInterceptor{interceptor.NewTracingInterceptor(temporalTracer{tracer: t.Of()}), &lives{}}
}

// temporalTracer makes the SDK's spans OpenTelemetry's. A run of a workflow, and an
// update that it answers, live longer than a process: the SDK begins their spans
// again with each replay. Their ids are made of their keys, so that what is below
// them finds its parent whichever process told of it, and only the process that saw
// them end tells of them.
type temporalTracer struct {
	interceptor.BaseTracer

	tracer trace.Tracer
}

type temporalSpanKey struct{}

const temporalHeader = "_tracer-data" // as all SDKs have it

// Options are what is traced: nobody's questions, but what moves a run on.
func (temporalTracer) Options() interceptor.TracerOptions {
	return interceptor.TracerOptions{
		SpanContextKey: temporalSpanKey{}, HeaderKey: temporalHeader, DisableQueryTracing: true, AllowInvalidParentSpans: true,
	}
}

// UnmarshalSpan gives the span that a header tells of.
func (temporalTracer) UnmarshalSpan(carried map[string]string) (interceptor.TracerSpanRef, error) {
	ctx := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier(carried))
	if parent := trace.SpanContextFromContext(ctx); parent.IsValid() {
		return parent, nil
	}
	return nil, nil //nolint:nilnil // there is none, by the interface
}

// MarshalSpan tells of a span in a header.
func (temporalTracer) MarshalSpan(s interceptor.TracerSpan) (map[string]string, error) {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(trace.ContextWithSpan(context.Background(), spanOf(s)), carrier)
	return carrier, nil
}

// SpanFromContext gives the span that a context is of, or nil.
func (temporalTracer) SpanFromContext(ctx context.Context) interceptor.TracerSpan {
	if s := trace.SpanFromContext(ctx); s.SpanContext().IsValid() {
		return &temporalSpan{Span: s}
	}
	return nil
}

// ContextWithSpan makes a context one of a span.
func (temporalTracer) ContextWithSpan(ctx context.Context, s interceptor.TracerSpan) context.Context {
	return trace.ContextWithSpan(ctx, spanOf(s))
}

// StartSpan begins a span.
func (t temporalTracer) StartSpan(o *interceptor.TracerStartSpanOptions) (interceptor.TracerSpan, error) {
	ctx := context.Background()
	switch parent := o.Parent.(type) {
	case trace.SpanContext:
		ctx = trace.ContextWithRemoteSpanContext(ctx, parent)
	case *temporalSpan:
		ctx = trace.ContextWithSpan(ctx, parent.Span)
	}
	if o.Operation == validation {
		return &temporalSpan{Span: trace.SpanFromContext(ctx), lives: true}, nil
	}
	key := keyOf(o)
	if key != "" {
		ctx = withKey(ctx, key)
	}
	kind := trace.SpanKindServer
	if o.ToHeader {
		kind = trace.SpanKindClient
	}
	options := []trace.SpanStartOption{trace.WithSpanKind(kind), trace.WithAttributes(tags(o.Tags)...)}
	if !o.Time.IsZero() {
		options = append(options, trace.WithTimestamp(o.Time))
	}
	_, s := t.tracer.Start(ctx, o.Operation+":"+o.Name, options...)
	return &temporalSpan{Span: s, lives: key != ""}, nil
}

// keyOf names a run, or an update that it answers; "" for all else. The SDK's keys
// count what a run has been sent, and replays count less. A signal has a key too, and
// needs none: it is over where it begins, and no replay begins its span.
func keyOf(o *interceptor.TracerStartSpanOptions) string {
	switch o.Operation {
	case "RunWorkflow", "HandleUpdate":
		return strings.Join([]string{o.Operation, o.Tags["temporalWorkflowID"], o.Tags["temporalRunID"], o.Tags["temporalUpdateID"]}, "\n")
	}
	return ""
}

// validation is done for each update before it is taken; ours takes all.
const validation = "ValidateUpdate"

// tags are what the SDK tells of a span, and the order that it is of.
func tags(told map[string]string) []attribute.KeyValue {
	all := make([]attribute.KeyValue, 0, len(told)+1)
	for name, value := range told {
		all = append(all, attribute.String(name, value))
		if order, ok := strings.CutPrefix(value, orderRun); ok && name == "temporalWorkflowID" {
			all = append(all, attribute.String("skald.order_id", order))
		}
	}
	return all
}

// orderRun begins the id of the run of an order's saga.
const orderRun = "order/"

// GetLogger lets a run's log name the trace.
func (temporalTracer) GetLogger(log sdklog.Logger, s interceptor.TracerSpanRef) sdklog.Logger {
	of, ok := s.(*temporalSpan)
	if !ok || !of.SpanContext().IsValid() {
		return log
	}
	return sdklog.With(log, "trace_id", of.SpanContext().TraceID().String(), "span_id", of.SpanContext().SpanID().String())
}

// temporalSpan is a span as the SDK has it.
type temporalSpan struct {
	trace.Span

	lives bool // it ends where its run does, and not where this process lets go of it
}

// Finish ends the span, unless it lives on.
func (s *temporalSpan) Finish(o *interceptor.TracerFinishSpanOptions) {
	if !s.lives {
		s.end(o.Error)
	}
}

func (s *temporalSpan) end(err error) {
	if err != nil {
		s.SetStatus(codes.Error, "")
	}
	s.End()
}

func spanOf(s interceptor.TracerSpan) trace.Span {
	if of, ok := s.(*temporalSpan); ok {
		return of.Span
	}
	return trace.SpanFromContext(context.Background())
}
