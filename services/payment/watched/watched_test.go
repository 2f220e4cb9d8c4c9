package watched_test

import (
	"context"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/payment/watched"
)

// provider answers what it is told to.
type provider struct {
	payment.Provider

	intent payment.Intent
	err    error
}

func (p *provider) ConfirmIntent(context.Context, string, string) (payment.Intent, error) {
	return p.intent, p.err
}

func (p *provider) FindRefund(context.Context, string, string) (payment.ProviderRefund, bool, error) {
	return payment.ProviderRefund{ID: "re_1"}, true, nil
}

// TestOutcomes: a call is counted by what came of it, a decline among the answers, and
// what is no answer is a span that failed. The answer passes as it is.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	next, registry, kept := &provider{}, prometheus.NewRegistry(), tracetest.NewInMemoryExporter()
	traces := sdktrace.NewTracerProvider(sdktrace.WithSyncer(kept))
	p := watched.New(next, traces.Tracer(""), registry)
	series, err := testutil.GatherAndCount(registry, watched.MetricCalls)
	require.NoError(t, err)
	require.Equal(t, 7*4, series, "what alerts wait for is there from the start")

	unknown := fault.New(fault.Unknown, "provider_unknown", "Nobody knows.")
	for _, tc := range []struct {
		intent  payment.Intent
		err     error
		outcome string
		failed  bool
	}{
		{payment.Intent{ID: "pi_1", Status: payment.IntentAuthorized}, nil, "ok", false},
		{payment.Intent{ID: "pi_1", Status: payment.IntentDeclined}, nil, "declined", false},
		{payment.Intent{}, payment.ErrMethod, string(payment.ErrMethod.Kind), false},
		{payment.Intent{}, unknown, "unknown", true},
	} {
		kept.Reset()
		next.intent, next.err = tc.intent, tc.err
		intent, err := p.ConfirmIntent(t.Context(), "pi_1", "key")
		require.Equal(t, tc.intent, intent)
		require.Equal(t, tc.err, err)
		spans := kept.GetSpans()
		require.Len(t, spans, 1)
		require.Equal(t, "provider confirm_intent", spans[0].Name)
		require.Equal(t, tc.failed, spans[0].Status.Code == codes.Error)
		require.Equal(t, tc.outcome, spans[0].Attributes[0].Value.AsString())
	}
	refund, found, err := p.FindRefund(t.Context(), "pi_1", "rfd_1")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "re_1", refund.ID)
}
