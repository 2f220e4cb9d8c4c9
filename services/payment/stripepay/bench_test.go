package stripepay_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/devstack/psp"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/payment/stripepay"
)

const (
	visa          = "pm_card_visa"
	authenticated = "pm_card_authenticationRequired"
	secret        = "whsec_test"
)

// bench is a client of a simulator.
type bench struct {
	*testing.T
	*stripepay.Client
	url string
}

func setup(t *testing.T) *bench {
	t.Helper()
	simulator, err := psp.New(psp.Options{Dir: t.TempDir(), PublicURL: "http://psp.test", WebhookSecret: secret})
	require.NoError(t, err)
	server := httptest.NewServer(simulator.Handler())
	t.Cleanup(func() {
		require.NoError(t, simulator.Close())
		server.Close()
	})
	return &bench{T: t, url: server.URL, Client: stripepay.New(stripepay.Config{
		Key: "sk_test_any", URL: server.URL + "/", WebhookSecret: secret, Timeout: time.Second,
	})}
}

func wanted(method string) payment.IntentRequest {
	return payment.IntentRequest{
		OrderID: "ord_1", UserID: "usr_1", PaymentID: "pay_1", Amount: money.New(1999, "EUR"), Method: method,
	}
}

func (b *bench) create(method string) payment.Intent {
	b.Helper()
	intent, err := b.CreateIntent(b.Context(), wanted(method), "ord_1:create")
	require.NoError(b, err)
	return intent
}

func (b *bench) send(method, path, body string) {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), method, b.url+path, strings.NewReader(body))
	require.NoError(b, err)
	response, err := http.DefaultClient.Do(r)
	require.NoError(b, err)
	require.NoError(b, response.Body.Close())
	require.Less(b, response.StatusCode, http.StatusMultipleChoices)
}

func (b *bench) fault(body string) { b.Helper(); b.send(http.MethodPost, "/_faults", body) }
