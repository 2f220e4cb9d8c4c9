package consumer

import (
	"context"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/skaldhq/skald/internal/event"
)

// Traced lets what the consumer does be spans of the traces that the events belong to.
func (c *Consumer) Traced(by trace.Tracer) *Consumer {
	c.tracer = by
	return c
}

// consuming begins the span of dealing with an event, below that of its publication;
// where the record tells of none, below the change that it tells of. An event that
// belongs to no trace begins none.
func (c *Consumer) consuming(ctx context.Context, r *kgo.Record, e cloudevents.Event) (context.Context, trace.Span) {
	var carrier propagation.TextMapCarrier = event.Headers{Record: r}
	if of, _ := e.Extensions()["traceparent"].(string); carrier.Get("traceparent") == "" {
		carrier = propagation.MapCarrier{"traceparent": of}
	}
	ctx = propagation.TraceContext{}.Extract(ctx, carrier)
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return ctx, trace.SpanFromContext(ctx)
	}
	return c.tracer.Start(ctx, "consume "+e.Type(), trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
		attribute.String("messaging.system", "kafka"), attribute.String("messaging.destination.name", r.Topic),
		attribute.String("messaging.consumer.group.name", c.name)))
}
