// Package watched measures and traces the calls of a payment provider.
package watched

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/payment"
)

// MetricCalls times the calls of the provider, by operation and by outcome: ok,
// declined, or the kind of the fault.
const MetricCalls = "skald_provider_duration_seconds"

// The outcomes of a call that are no fault.
const (
	ok       = "ok"
	declined = "declined"
)

// Provider is a payment.Provider whose calls are measured and traced. The trace
// ends here: the provider is told nothing of it.
type Provider struct {
	next   payment.Provider
	tracer trace.Tracer
	calls  *prometheus.HistogramVec
}

var _ payment.Provider = (*Provider)(nil)

// New watches a provider. Outcomes that an alert waits for are there from the
// start: a rate knows nothing of what has only just begun to be.
func New(next payment.Provider, tracer trace.Tracer, with prometheus.Registerer) *Provider {
	p := &Provider{next: next, tracer: tracer, calls: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: MetricCalls, Help: "Calls of the payment provider.", Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"operation", "outcome"})}
	with.MustRegister(p.calls)
	for _, operation := range []string{create, confirm, capture, cancel, refund, find, get} {
		for _, outcome := range []string{ok, string(fault.Unavailable), string(fault.Unknown), string(fault.Internal)} {
			p.calls.WithLabelValues(operation, outcome)
		}
	}
	return p
}

// The operations of the provider.
const (
	create  = "create_intent"
	confirm = "confirm_intent"
	capture = "capture_intent"
	cancel  = "cancel_intent"
	refund  = "refund_intent"
	find    = "find_refund"
	get     = "get_intent"
)

// watch calls the provider.
func watch[A any](ctx context.Context, p *Provider, operation string, call func(context.Context) (A, error)) (A, error) {
	begun := time.Now()
	ctx, span := p.tracer.Start(ctx, "provider "+operation, trace.WithSpanKind(trace.SpanKindClient))
	defer span.End()
	a, err := call(ctx)
	outcome := outcomeOf(a, err)
	if err != nil && !fault.KindOf(err).Definite() {
		span.SetStatus(codes.Error, "")
	}
	span.SetAttributes(attribute.String("skald.outcome", outcome))
	p.calls.WithLabelValues(operation, outcome).Observe(time.Since(begun).Seconds())
	return a, err
}

func outcomeOf(answer any, err error) string {
	if err != nil {
		return string(fault.KindOf(err))
	}
	if intent, is := answer.(payment.Intent); is && intent.Status == payment.IntentDeclined {
		return declined
	}
	return ok
}

// CreateIntent makes an intent that is not confirmed.
func (p *Provider) CreateIntent(ctx context.Context, r payment.IntentRequest, key string) (payment.Intent, error) {
	return watch(ctx, p, create, func(ctx context.Context) (payment.Intent, error) { return p.next.CreateIntent(ctx, r, key) })
}

// ConfirmIntent authorizes.
func (p *Provider) ConfirmIntent(ctx context.Context, intentID, key string) (payment.Intent, error) {
	return watch(ctx, p, confirm, func(ctx context.Context) (payment.Intent, error) { return p.next.ConfirmIntent(ctx, intentID, key) })
}

// CaptureIntent takes the whole amount held.
func (p *Provider) CaptureIntent(ctx context.Context, intentID, key string) (payment.Intent, error) {
	return watch(ctx, p, capture, func(ctx context.Context) (payment.Intent, error) { return p.next.CaptureIntent(ctx, intentID, key) })
}

// CancelIntent gives the hold back and ends the intent.
func (p *Provider) CancelIntent(ctx context.Context, intentID, key string) (payment.Intent, error) {
	return watch(ctx, p, cancel, func(ctx context.Context) (payment.Intent, error) { return p.next.CancelIntent(ctx, intentID, key) })
}

// RefundIntent gives a part of the captured amount back.
func (p *Provider) RefundIntent(ctx context.Context, r payment.ProviderRefundRequest, key string) (payment.ProviderRefund, error) {
	return watch(ctx, p, refund, func(ctx context.Context) (payment.ProviderRefund, error) { return p.next.RefundIntent(ctx, r, key) })
}

// FindRefund asks what became of a refund.
func (p *Provider) FindRefund(ctx context.Context, intentID, refundID string) (r payment.ProviderRefund, found bool, err error) {
	r, err = watch(ctx, p, find, func(ctx context.Context) (r payment.ProviderRefund, err error) {
		r, found, err = p.next.FindRefund(ctx, intentID, refundID)
		return r, err
	})
	return r, found, err
}

// GetIntent asks how an intent stands.
func (p *Provider) GetIntent(ctx context.Context, intentID string) (payment.Intent, error) {
	return watch(ctx, p, get, func(ctx context.Context) (payment.Intent, error) { return p.next.GetIntent(ctx, intentID) })
}

// ParseEvent verifies a webhook, and asks nobody.
func (p *Provider) ParseEvent(body []byte, signature string) (payment.Event, error) {
	return p.next.ParseEvent(body, signature)
}
