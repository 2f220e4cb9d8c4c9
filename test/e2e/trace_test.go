package e2e_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/internal/event"
	"github.com/skaldhq/skald/internal/tracing"
)

// The trace that the caller of TestOneTrace is in, by W3C Trace Context.
const (
	callersTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	callersSpan  = "00f067aa0ba902b7"
)

// TestOneTrace: everything that an order sets off, in every process and across the
// database and the broker, is one trace without a gap, and the caller's.
func TestOneTrace(t *testing.T) {
	t.Parallel()
	c := collect(t)
	b := startSplit(t, "--otel-endpoint", c.URL)
	product := b.product(1999, 10)
	a := b.place(b.order(product, 1, visa), http.StatusCreated, "Traceparent", "00-"+callersTrace+"-"+callersSpan+"-01")

	consumeTraced(t, b.stack.Kafka, c.URL, a.Order.ID)
	var spans []spanned
	want := []string{
		"POST /v1/orders", "rpc order/create", "ClaimAndCreate", // claimed
		"UpdateWithStartWorkflow:outcome", "RunWorkflow:PlaceOrder", "HandleUpdate:outcome", // begun
		"StartActivity:CheckCustomer", "RunActivity:CheckCustomer", "GetUser",
		"StartActivity:QuoteOrder", "RunActivity:QuoteOrder", "StartActivity:ReserveStock", "RunActivity:ReserveStock",
		"StartActivity:AuthorizePayment", "RunActivity:AuthorizePayment", "provider create_intent", "provider confirm_intent",
		"StartActivity:CapturePayment", "RunActivity:CapturePayment", "provider capture_intent",
		"StartActivity:CommitStock", "RunActivity:CommitStock", "RunActivity:ConfirmOrder", "Transition",
		"publish order.created", "publish order.confirmed", "publish payment.captured", "publish reservation.sold", "consume order.confirmed",
	}
	require.Eventually(t, func() bool {
		spans = c.of(callersTrace)
		return !slices.ContainsFunc(want, func(name string) bool {
			return !slices.ContainsFunc(spans, func(s spanned) bool { return s.Name == name })
		})
	}, 2*time.Minute, 200*time.Millisecond, "%s", names(spans))
	requireWhole(t, callersSpan, spans)
	t.Log(names(spans))
}

// consumeTraced is a consumer that traces, until it has dealt with the confirmation
// of an order.
func consumeTraced(t *testing.T, broker, collector, orderID string) {
	t.Helper()
	traces, err := tracing.New(t.Context(), config.Tracing{Endpoint: collector, Protocol: config.OTLPHTTP, Sampler: config.ParentBased + config.AlwaysOn}, "consumer", nil)
	require.NoError(t, err)
	consumer, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.ConsumeTopics("skald.order.events"))
	require.NoError(t, err)
	defer consumer.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for confirmed := false; !confirmed; {
		fetched := consumer.PollFetches(ctx)
		require.NoError(t, fetched.Err())
		fetched.EachRecord(func(r *kgo.Record) {
			e, err := event.Read(r)
			require.NoError(t, err)
			_, span := tracing.Consume(ctx, traces.Of(), r, e)
			span.End()
			confirmed = confirmed || (string(r.Key) == orderID && e.Type() == string(event.OrderConfirmed))
		})
	}
	require.NoError(t, traces.Close())
}

