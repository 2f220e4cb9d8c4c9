package stripepay_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-mock/embedded"
	"github.com/stripe/stripe-mock/server"

	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/payment/stripepay"
)

// sent is a request as stripe-mock got it, and how it answered.
type sent struct {
	method, path, key string
	form              url.Values
	status            int
}

// mock is Stripe's own stripe-mock, which takes a request only if Stripe's
// published API description allows it. Its answers are fixtures.
func mock(t *testing.T) (address string, requests func() []sent) {
	t.Helper()
	spec, err := server.LoadSpec(embedded.OpenAPISpec, "")
	require.NoError(t, err)
	fixtures, err := server.LoadFixtures(embedded.OpenAPIFixtures, "")
	require.NoError(t, err)
	stub, err := server.NewStubServer(fixtures, spec, false, false)
	require.NoError(t, err)
	var (
		mu  sync.Mutex
		all []sent
	)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		form, _ := url.ParseQuery(string(body))
		if r.Method == http.MethodGet {
			form = r.URL.Query()
		}
		recorder := httptest.NewRecorder()
		stub.HandleRequest(recorder, r)
		mu.Lock()
		all = append(all, sent{r.Method, r.URL.Path, r.Header.Get("Idempotency-Key"), form, recorder.Code})
		mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(recorder.Code)
		_, _ = w.Write(recorder.Body.Bytes())
	}))
	t.Cleanup(s.Close)
	return s.URL, func() []sent {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}

// TestStripeTakesOurRequests: each call is one that Stripe's API describes, with
// the parameters and the key that it was given.
func TestStripeTakesOurRequests(t *testing.T) {
	t.Parallel()
	at, requests := mock(t)
	c := stripepay.New(stripepay.Config{Key: "sk_test_123", URL: at, ReturnURL: "https://shop.test/"})
	ctx := t.Context()
	_, err := c.CreateIntent(ctx, wanted(visa), "key 1")
	require.NoError(t, err)
	_, err = c.ConfirmIntent(ctx, "pi_1", "key 2")
	require.NoError(t, err)
	_, err = c.CaptureIntent(ctx, "pi_1", "key 3")
	require.NoError(t, err)
	_, err = c.CancelIntent(ctx, "pi_1", "key 4")
	require.NoError(t, err)
	_, err = c.RefundIntent(ctx, payment.ProviderRefundRequest{IntentID: "pi_1", OrderID: "ord_1", RefundID: "rfd_1", Amount: 700}, "key 5")
	require.NoError(t, err)
	_, _, err = c.FindRefund(ctx, "pi_1", "rfd_1")
	require.NoError(t, err)
	_, err = c.GetIntent(ctx, "pi_1")
	require.NoError(t, err)

	charge := url.Values{"expand[0]": {"latest_charge"}}
	require.Equal(t, []sent{
		{"POST", "/v1/payment_intents", "key 1", url.Values{
			"amount": {"1999"}, "currency": {"eur"}, "capture_method": {"manual"},
			"payment_method": {visa}, "payment_method_types[0]": {"card"},
			"metadata[order_id]": {"ord_1"}, "metadata[user_id]": {"usr_1"}, "metadata[payment_id]": {"pay_1"},
			"expand[0]": {"latest_charge"},
		}, 200},
		{"POST", "/v1/payment_intents/pi_1/confirm", "key 2", url.Values{"return_url": {"https://shop.test/"}, "expand[0]": {"latest_charge"}}, 200},
		{"POST", "/v1/payment_intents/pi_1/capture", "key 3", charge, 200},
		{"POST", "/v1/payment_intents/pi_1/cancel", "key 4", charge, 200},
		{"POST", "/v1/refunds", "key 5", url.Values{
			"payment_intent": {"pi_1"}, "amount": {"700"}, "metadata[order_id]": {"ord_1"}, "metadata[refund_id]": {"rfd_1"},
		}, 200},
		{"GET", "/v1/refunds", "", url.Values{"payment_intent": {"pi_1"}, "limit": {"100"}}, 200},
		{"GET", "/v1/payment_intents/pi_1", "", charge, 200},
	}, requests())
}

// TestStripeMockJudges: it does refuse what the API does not describe, so that
// the test above means something.
func TestStripeMockJudges(t *testing.T) {
	t.Parallel()
	at, _ := mock(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at+"/v1/payment_intents/pi_1/capture",
		bytes.NewBufferString("no_such_parameter=1"))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer sk_test_123")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
}
