package outbox

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	outboxdb "github.com/skaldhq/skald/db/outbox"
	"github.com/skaldhq/skald/internal/event"
)

// Traced lets publications be spans of the traces that the changes belong to.
func (r *Relay) Traced(by trace.Tracer) *Relay {
	r.tracer = by
	return r
}

// publishing begins the span of a publication, and tells of it in the record, so
// that what consumers do is below it. An event that belongs to no trace begins
// none.
func (r *Relay) publishing(ctx context.Context, row outboxdb.Outbox, record *kgo.Record) trace.Span {
	if row.Traceparent == nil {
		return trace.SpanFromContext(context.Background())
	}
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": *row.Traceparent})
	ctx, span := r.tracer.Start(ctx, "publish "+row.Type, trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(
		attribute.String("messaging.system", "kafka"), attribute.String("messaging.destination.name", record.Topic)))
	if span.IsRecording() {
		propagation.TraceContext{}.Inject(ctx, event.Headers{Record: record})
	}
	return span
}
