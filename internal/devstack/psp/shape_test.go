package psp_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-mock/embedded"
	"github.com/stripe/stripe-mock/server"
)

// TestShapes: whatever the simulator shows has the name and the type that
// Stripe's own stripe-mock gives it.
func TestShapes(t *testing.T) {
	t.Parallel()
	spec, err := server.LoadSpec(embedded.OpenAPISpec, "")
	require.NoError(t, err)
	fixtures, err := server.LoadFixtures(embedded.OpenAPIFixtures, "")
	require.NoError(t, err)
	stub, err := server.NewStubServer(fixtures, spec, false, false)
	require.NoError(t, err)
	stripe := httptest.NewServer(http.HandlerFunc(stub.HandleRequest))
	t.Cleanup(stripe.Close)
	b, genuine := setup(t), &bench{t: t, url: stripe.URL, key: "sk_test_123"}

	const expanded = "?expand[]=latest_charge"
	intent := b.create(visa)
	requireShape(t, genuine.get("/v1/payment_intents/pi_1"+expanded).body, b.get(intent).body, "created")
	b.post(intent+"/confirm", "")
	requireShape(t, genuine.get("/v1/payment_intents/pi_1"+expanded).body, b.get(intent+expanded).body, "held")
	b.post(intent+"/capture", "")
	refund := b.post("/v1/refunds", "", "payment_intent", b.get(intent).body["id"].(string))
	requireShape(t, genuine.get("/v1/refunds/re_1").body, refund.body, "refund")
	requireShape(t, genuine.get("/v1/payment_intents").body, b.get("/v1/payment_intents").body, "list")
}

func requireShape(t *testing.T, want, got object, at string) {
	t.Helper()
	for name, value := range got {
		theirs, known := want[name]
		require.True(t, known, "%s.%s is no field of Stripe's", at, name)
		if value == nil || theirs == nil || name == "metadata" {
			continue
		}
		require.Equal(t, fmt.Sprintf("%T", theirs), fmt.Sprintf("%T", value), "%s.%s", at, name)
		if inner, ok := value.(object); ok {
			requireShape(t, theirs.(object), inner, at+"."+name)
		}
	}
}
