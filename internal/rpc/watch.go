package rpc

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/skaldhq/skald/internal/fault"
)

// The metrics of operations, by service and operation, and by outcome: ok, or the
// kind of the fault. A breaker has one state at a time.
const (
	MetricAsked    = "skald_rpc_client_duration_seconds"
	MetricAnswered = "skald_rpc_server_duration_seconds"
	MetricBreaker  = "skald_breaker_state"
)

// Watch is what is measured and traced of the operations between a process and
// the others.
type Watch struct {
	tracer          trace.Tracer
	asked, answered *prometheus.HistogramVec
	breakers        *prometheus.GaugeVec
}

// NewWatch registers the metrics of a process's operations.
func NewWatch(tracer trace.Tracer, with prometheus.Registerer) *Watch {
	durations := func(name, help string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: name, Help: help, Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"service", "operation", "outcome"})
	}
	w := &Watch{
		tracer:   tracer,
		asked:    durations(MetricAsked, "Requests to other processes, each attempt."),
		answered: durations(MetricAnswered, "Requests of other processes."),
		breakers: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: MetricBreaker, Help: "1 for the state that a circuit breaker is in."}, []string{"service", "state"}),
	}
	with.MustRegister(w.asked, w.answered, w.breakers)
	return w
}

// unwatched measures for nobody.
func unwatched() *Watch {
	return NewWatch(noop.NewTracerProvider().Tracer(""), prometheus.NewRegistry())
}

// asking watches one request, until it is told how that ended.
func (w *Watch) asking(ctx context.Context, service, operation string) (context.Context, func(error)) {
	return w.watching(ctx, w.asked, trace.SpanKindClient, service, operation)
}

// answering watches one answer, until it is told how that ended.
func (w *Watch) answering(ctx context.Context, service, operation string) (context.Context, func(error)) {
	return w.watching(ctx, w.answered, trace.SpanKindServer, service, operation)
}

func (w *Watch) watching(ctx context.Context, durations *prometheus.HistogramVec, kind trace.SpanKind, service, operation string) (context.Context, func(error)) {
	begun := time.Now()
	ctx, span := w.tracer.Start(ctx, "rpc "+service+"/"+operation, trace.WithSpanKind(kind))
	return ctx, func(err error) {
		outcome := "ok"
		if err != nil {
			kind := fault.KindOf(err)
			outcome = string(kind)
			if !kind.Definite() {
				span.SetStatus(codes.Error, "")
			}
		}
		durations.WithLabelValues(service, operation, outcome).Observe(time.Since(begun).Seconds())
		span.SetAttributes(attribute.String("skald.outcome", outcome))
		span.End()
	}
}

// breaker shows the state of a service's breaker.
func (w *Watch) breaker(service string, is State) {
	for _, state := range []State{Closed, Open, HalfOpen} {
		value := 0.0
		if state == is {
			value = 1
		}
		w.breakers.WithLabelValues(service, string(state)).Set(value)
	}
}
