package api

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/skaldhq/skald/api/cards"
)

// request is what the middleware knows of a request.
type request struct {
	trace  string
	order  string    // that was placed, for the log
	cause  error     // of a failure, for the log
	opened time.Time // when its answer began to stream
}

// traceparent is the header that tells the caller's trace.
const traceparent = "traceparent"

type requestKey struct{}

func requestOf(ctx context.Context) *request {
	r, _ := ctx.Value(requestKey{}).(*request)
	return r
}

func traceID(ctx context.Context) string {
	if r := requestOf(ctx); r != nil {
		return r.trace
	}
	return ""
}

// note keeps the cause of a failure for the access log, the only one who tells.
func note(ctx context.Context, err error) {
	if r := requestOf(ctx); r != nil {
		r.cause = err
	}
}

// noteOrder keeps the order that a request placed, for the access log and the
// trace.
func noteOrder(ctx context.Context, orderID string) {
	trace.SpanFromContext(ctx).SetAttributes(attribute.String("skald.order_id", orderID))
	if r := requestOf(ctx); r != nil {
		r.order = orderID
	}
}

// traced gives each request a span, in the trace of its caller (W3C Trace Context)
// or one of its own; where nothing is traced, the ids of one, for the logs. It goes
// along to the services. A trace that reads as a card number is not taken up: traces
// are logged. Nor is the caller's tracestate, which is free text: it would go on to
// Temporal's histories, the events and the collector.
func traced(tracer trace.Tracer, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if parent := r.Header.Get(traceparent); !namesCard(parent) {
			ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{traceparent: parent})
		}
		if !routine(r) {
			ctx, _ = tracer.Start(ctx, r.Method, trace.WithSpanKind(trace.SpanKindServer)) // spanned ends it
		}
		span := trace.SpanContextFromContext(ctx)
		if !span.IsValid() {
			var c trace.SpanContextConfig
			_, _ = rand.Read(c.TraceID[:]) // never fails, see crypto/rand
			_, _ = rand.Read(c.SpanID[:])
			span = trace.NewSpanContext(c)
			ctx = trace.ContextWithRemoteSpanContext(ctx, span)
		}
		info := &request{trace: span.TraceID().String()}
		next.ServeHTTP(w, r.WithContext(context.WithValue(ctx, requestKey{}, info)))
	})
}

// routine tells whether a request is one of those that come every few seconds, of
// which neither a trace nor a duration tells anything.
func routine(r *http.Request) bool {
	return r.URL.Path == "/health" || r.URL.Path == "/ready" || r.URL.Path == "/metrics"
}

// namesCard tells whether a trace has a card number in it, in its ids too: losing
// the caller's trace once in a while costs nothing.
func namesCard(trace string) bool {
	return cards.Within(trace) || cards.Within(strings.ReplaceAll(trace, "-", "x")) // no id of its own then
}

// spanned ends the span of a request. It tells the route and never the path, which
// is the client's.
func spanned(r *http.Request, status int, _ time.Duration) {
	span := trace.SpanFromContext(r.Context())
	if !span.IsRecording() {
		return
	}
	span.SetName(route(r))
	span.SetAttributes(attribute.String("http.request.method", r.Method), attribute.String("http.route", route(r)), attribute.Int("http.response.status_code", status))
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}
