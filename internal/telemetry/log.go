package telemetry

import (
	"context"
	"io"
	"log/slog"
	"strings"

	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/activity"
)

// The formats of a log.
const (
	LogJSON = "json" // a line is an object: for who collects logs
	LogText = "text" // for who reads along
)

// The attributes by which the lines of a log belong together.
const (
	traceID = "trace_id"
	spanID  = "span_id"
	sagaID  = "saga_id" // the id of the workflow
	orderID = "order_id"
)

// NewLog returns a log whose lines name the trace, the saga and the order that they
// are about, where their context knows them.
func NewLog(to io.Writer, format string, level slog.Level) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if format == LogText {
		return slog.New(named{slog.NewTextHandler(to, options)})
	}
	return slog.New(named{slog.NewJSONHandler(to, options)})
}

// named adds what lines belong to.
type named struct{ slog.Handler }

// Handle writes a line.
func (n named) Handle(ctx context.Context, r slog.Record) error {
	r = r.Clone()
	if s := trace.SpanContextFromContext(ctx); s.IsValid() {
		r.AddAttrs(slog.String(traceID, s.TraceID().String()), slog.String(spanID, s.SpanID().String()))
	}
	if activity.IsActivity(ctx) {
		r.AddAttrs(saga(activity.GetInfo(ctx).WorkflowExecution.ID)...)
	}
	return n.Handler.Handle(ctx, r)
}

// WithAttrs names the saga of a run's log as everywhere else.
func (n named) WithAttrs(attrs []slog.Attr) slog.Handler {
	renamed := make([]slog.Attr, 0, len(attrs)+1)
	for _, a := range attrs {
		if a.Key == "WorkflowID" { // as the SDK has it
			renamed = append(renamed, saga(a.Value.String())...)
			continue
		}
		renamed = append(renamed, a)
	}
	return named{n.Handler.WithAttrs(renamed)}
}

// WithGroup puts what follows into a group.
func (n named) WithGroup(name string) slog.Handler { return named{n.Handler.WithGroup(name)} }

// saga names a saga, and the order that it is of.
func saga(workflowID string) []slog.Attr {
	attrs := []slog.Attr{slog.String(sagaID, workflowID)}
	if order, ok := strings.CutPrefix(workflowID, "order/"); ok {
		attrs = append(attrs, slog.String(orderID, order))
	}
	return attrs
}
