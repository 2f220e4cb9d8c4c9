package watched_test

import (
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/collector"
)

// TestOneTrace: everything that an order sets off, in every process and across the
// database and the broker, is one trace without a gap, and the caller's. `make trace`
// keeps the picture of it.
func TestOneTrace(t *testing.T) {
	t.Parallel()
	c := collector.Start(t)
	b := platform.Split(t, "--otel-endpoint", c.URL)
	product := b.Product(1999, 10)
	for range 3 { // the first ones pay for connections and caches
		b.Buy(b.Basket(product, 1, visa), http.StatusCreated)
	}
	a := b.Buy(b.Basket(product, 1, visa), http.StatusCreated, "Traceparent", "00-"+collector.CallersTrace+"-"+collector.CallersSpan+"-01")

	require.NotEmpty(t, a.Order.ID)
	var spans []collector.Span
	want := []string{
		"POST /v1/orders", "rpc order/create", "batch query ClaimAndCreate", // claimed
		"UpdateWithStartWorkflow:outcome", "RunWorkflow:PlaceOrder", "HandleUpdate:outcome", // begun
		"StartActivity:CheckCustomer", "RunActivity:CheckCustomer", "query GetUser",
		"StartActivity:QuoteOrder", "RunActivity:QuoteOrder", "StartActivity:ReserveStock", "RunActivity:ReserveStock",
		"StartActivity:AuthorizePayment", "RunActivity:AuthorizePayment", "provider create_intent", "provider confirm_intent",
		"StartActivity:CapturePayment", "RunActivity:CapturePayment", "provider capture_intent",
		"StartActivity:CommitStock", "RunActivity:CommitStock", "StartActivity:TransitionOrder", "RunActivity:TransitionOrder", "batch query Transition",
		"publish order.created", "publish order.confirmed", "publish payment.captured", "publish reservation.sold", "consume order.confirmed", "query Receive", "consume payment.captured",
	}
	t.Cleanup(func() { t.Log("the trace:\n" + collector.Names(spans)) })
	require.Eventually(t, func() bool {
		spans = c.Of(collector.CallersTrace)
		return collector.Whole(collector.CallersSpan, spans) && !slices.ContainsFunc(want, func(name string) bool {
			return !slices.ContainsFunc(spans, func(s collector.Span) bool { return s.Name == name })
		})
	}, time.Minute, 200*time.Millisecond)
	collector.RequireOnce(t, spans)
	if file := os.Getenv("SKALD_TRACE_PICTURE"); file != "" {
		require.NoError(t, os.WriteFile(file, []byte(picture(spans)), 0o644)) //nolint:gosec // a picture of the documentation
	}
}
