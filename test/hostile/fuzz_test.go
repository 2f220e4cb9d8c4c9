package hostile_test

import (
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/fuzz"
	"github.com/skaldhq/skald/test/stack"
)

// fuzzed is how many requests TestFuzz sends; SKALD_FUZZ is another number.
const fuzzed = 2000

// mostGrowth is what the front door's heap may grow by.
const mostGrowth = 50 << 20

// TestFuzz: whatever is sent to any operation, the answer is one that the document
// knows, nobody's failure, and repeats nothing. What holds under any fault holds
// after it. With SKALD_FUZZ the services run apart from the front door, so that
// its own memory can be told.
func TestFuzz(t *testing.T) {
	t.Parallel()
	n, apart := fuzzed, []string{}
	if more, err := strconv.Atoi(os.Getenv("SKALD_FUZZ")); err == nil {
		n, apart = more, []string{"--split", "--free-ports"}
	}
	b := own(t, append(apart, "--limit-per-second", "0", "--limit-unknown-per-second", "0")...)
	g := b.generator()
	address := strings.TrimPrefix(b.URL, "http://")
	g.Run(address, n/10, func(int) {}) // what it keeps for good, it has then
	before := b.heap()
	begun := time.Now()
	report := g.Run(address, n, func(done int) {
		if done%10_000 == 0 {
			t.Logf("%d requests, %s", done, time.Since(begun).Round(time.Second))
		}
	})
	t.Logf("%d requests in %s\n%s", report.Requests, time.Since(begun).Round(time.Second), report.Table())
	if err := report.Err(); err != nil {
		t.Error(err)
	}
	// What is deleted, parked, found wrong, dead, delivered or signed by the provider, nobody
	// makes up.
	require.Subset(t, []string{
		"accept-discrepancy", "delete-product", "delete-user", "delete-webhook-endpoint", "dismiss-dead-letter", "get-dead-letter", "receive-stripe-event",
		"redeliver-webhook", "repair-discrepancy", "replay-dead-letter", "resolve-saga", "revoke-api-key",
	}, report.Vain())
	if len(apart) > 0 {
		grown := b.heap() - before
		t.Logf("the front door's heap grew by %.1f MB", grown/(1<<20))
		require.Less(t, grown, float64(mostGrowth))
	}
	b.RequireInvariants()
}

// generator makes requests of the platform's own document.
func (b *bench) generator() fuzz.Generator {
	b.Helper()
	doc, err := fuzz.Parse(b.Want(http.MethodGet, "/openapi.json", nil, http.StatusOK).Body)
	require.NoError(b, err)
	keys := b.Stack.APIKeys
	return fuzz.Generator{Document: doc, Known: b.known(), Key: keys["operator"], Others: []string{keys["alice"], keys["bob"]}, Seed: 1}
}

// known makes what the requests are about.
func (b *bench) known() fuzz.Known {
	methods := []string{visa, stack.Declined, stack.NoFunds, stack.Authenticated}
	known := fuzz.Known{"payment_method": methods, "method": methods, "currency": {"EUR", "EUR", "EUR", "EUR", "EUR", "EUR", "EUR", "EUR", "USD"}}
	for i := range 4 {
		product := b.Product(int64(1000+i), 1_000_000)
		known["product_id"] = append(known["product_id"], product)
		known["user_id"] = append(known["user_id"], b.Customer().User)
	}
	for i, product := range known["product_id"] {
		b.User = known["user_id"][i]
		for range 3 {
			o := b.Buy(b.Basket(product, 2, visa), http.StatusCreated).Order
			known["order_id"], known["payment_id"] = append(known["order_id"], o.ID), append(known["payment_id"], o.PaymentID)
			known["workflow_id"] = append(known["workflow_id"], o.Saga.WorkflowID)
		}
	}
	for range 4 { // of no order, to be given back
		paid := b.Want(http.MethodPost, "/v1/payments", map[string]any{
			"user_id": b.User, "method": visa, "amount": map[string]any{"amount": 100_000, "currency": "EUR"},
		}, http.StatusCreated)
		known["payment_id"] = append(known["payment_id"], b.ID(paid))
	}
	known["event_types"] = []string{"user.deleted", "price.deleted"} // which hardly happen
	for range 4 {
		endpoint := b.Want(http.MethodPost, "/v1/webhook-endpoints", map[string]any{
			"url": "https://integrator.example/hooks", "event_types": known["event_types"],
		}, http.StatusCreated)
		known["endpoint_id"] = append(known["endpoint_id"], b.ID(endpoint))
	}
	return known
}

// heap is what lives in the front door's heap after a collection, in bytes: the
// next one comes when it has grown by GOGC percent.
func (b *bench) heap() float64 {
	b.Helper()
	return b.Metric("go_memstats_next_gc_bytes") / (1 + b.Metric("go_gc_gogc_percent")/100)
}
