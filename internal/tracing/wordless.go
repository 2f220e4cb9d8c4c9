package tracing

import (
	"context"
	"log/slog"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// wordless exports spans without what errors say: their texts may quote what a
// client sent, and traces are read by more people than the databases are. That a
// span failed, and the codes that are its attributes, stay.
type wordless struct {
	sdktrace.SpanExporter

	log *slog.Logger
}

// ExportSpans exports spans. That it could not is for the log.
func (w wordless) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	silent := make([]sdktrace.ReadOnlySpan, len(spans))
	for i, s := range spans {
		silent[i] = wordlessSpan{s}
	}
	if err := w.SpanExporter.ExportSpans(ctx, silent); err != nil {
		w.log.WarnContext(ctx, "spans are lost", "count", len(spans), "error", err)
	}
	return nil
}

type wordlessSpan struct{ sdktrace.ReadOnlySpan }

// Status is whether the span failed.
func (s wordlessSpan) Status() sdktrace.Status {
	return sdktrace.Status{Code: s.ReadOnlySpan.Status().Code}
}

// Events are none: those that libraries add are the texts of errors.
func (wordlessSpan) Events() []sdktrace.Event { return nil }
