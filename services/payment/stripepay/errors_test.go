package stripepay_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/payment/stripepay"
)

// answering gives a client of a provider that answers every call the same, and
// counts the calls.
func answering(t *testing.T, status int, body string, header ...string) (*stripepay.Client, *int) {
	t.Helper()
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls++
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return stripepay.New(stripepay.Config{Key: "sk_test_any", URL: server.URL}), &calls
}

// TestErrors: what an answer of the provider means. A no has to be one: what
// does not say so leaves the order open.
func TestErrors(t *testing.T) {
	t.Parallel()
	const secretText = "4242"
	tests := map[string]struct {
		status int
		body   string
		kind   fault.Kind
		code   string
	}{
		"server error":     {500, `{"error":{"type":"api_error","message":"4242"}}`, fault.Unknown, "provider_unavailable"},
		"a proxy's error":  {502, `<html>4242</html>`, fault.Unknown, "provider_unavailable"},
		"no JSON":          {200, `4242`, fault.Unknown, "provider_unavailable"},
		"a proxy's 4xx":    {404, `<html>4242</html>`, fault.Unknown, "provider_unavailable"},
		"key in use":       {409, `{"error":{"type":"invalid_request_error","code":"idempotency_key_in_use"}}`, fault.Unknown, "provider_unavailable"},
		"rate limit":       {429, `{"error":{"type":"invalid_request_error","code":"rate_limit"}}`, fault.Unavailable, "provider_busy"},
		"lock timeout":     {429, `{"error":{"type":"invalid_request_error","code":"lock_timeout"}}`, fault.Unavailable, "provider_busy"},
		"unauthorized":     {401, `{"error":{"type":"invalid_request_error","message":"4242"}}`, fault.Unavailable, "provider_access"},
		"forbidden":        {403, `{"error":{"type":"invalid_request_error"}}`, fault.Unavailable, "provider_access"},
		"state":            {400, `{"error":{"type":"invalid_request_error","code":"payment_intent_unexpected_state"}}`, fault.Conflict, "provider_state"},
		"already refunded": {400, `{"error":{"type":"invalid_request_error","code":"charge_already_refunded"}}`, fault.Conflict, "provider_state"},
		"too small":        {400, `{"error":{"type":"invalid_request_error","code":"amount_too_small"}}`, fault.Refused, "amount_not_accepted"},
		"method":           {400, `{"error":{"type":"invalid_request_error","code":"resource_missing","param":"payment_method"}}`, fault.Refused, "payment_method_invalid"},
		"key reused":       {400, `{"error":{"type":"idempotency_error","message":"4242"}}`, fault.Internal, "provider_rejected"},
		"no such intent":   {404, `{"error":{"type":"invalid_request_error","code":"resource_missing","param":"intent"}}`, fault.Internal, "provider_rejected"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, calls := answering(t, test.status, test.body)
			_, err := c.CaptureIntent(t.Context(), "pi_1", "key")
			require.Error(t, err)
			require.Equal(t, test.kind, fault.KindOf(err), err)
			require.Equal(t, test.code, fault.From(err).Code)
			require.NotContains(t, fault.From(err).Message, secretText)
			require.Equal(t, 1, *calls, "whoever calls retries")
		})
	}
}

// TestRepeatedFailures are told from the first ones.
func TestRepeatedFailures(t *testing.T) {
	t.Parallel()
	c, calls := answering(t, http.StatusInternalServerError, `{"error":{"type":"api_error"}}`, "Idempotent-Replayed", "true")
	_, err := c.CaptureIntent(t.Context(), "pi_1", "key")
	require.ErrorIs(t, err, payment.ErrKeySpent)
	require.Equal(t, 1, *calls)
}

func TestNoConnection(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	c := stripepay.New(stripepay.Config{Key: "sk_test_any", URL: server.URL})
	server.Close()
	_, err := c.GetIntent(t.Context(), "pi_1")
	require.Equal(t, fault.Unknown, fault.KindOf(err))
}
