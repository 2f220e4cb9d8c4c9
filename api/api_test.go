package api_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
)

// TestPlaceOrder: what each ending of an order is answered with.
func TestPlaceOrder(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, code string
		end        order.Status
		status     int
	}{
		{"confirmed", "", order.Confirmed, http.StatusCreated},
		{"refunded since", "", order.Refunded, http.StatusCreated},
		{"declined", "payment_declined", order.Rejected, http.StatusPaymentRequired},
		{"voided", "payment_voided", order.Rejected, http.StatusPaymentRequired},
		{"no such method", "payment_method_invalid", order.Rejected, http.StatusPaymentRequired},
		{"no such amount", "amount_not_accepted", order.Rejected, http.StatusUnprocessableEntity},
		{"action timed out", "payment_action_timeout", order.Rejected, http.StatusPaymentRequired},
		{"no stock", "insufficient_stock", order.Rejected, http.StatusConflict},
		{"no user", "user_not_found", order.Rejected, http.StatusUnprocessableEntity},
		{"inactive user", "user_inactive", order.Rejected, http.StatusUnprocessableEntity},
		{"no product", "product_not_found", order.Rejected, http.StatusUnprocessableEntity},
		{"cancelled", "cancelled", order.Cancelled, http.StatusConflict},
		{"failed", "service_unavailable", order.Failed, http.StatusServiceUnavailable},
		{"still pending", "", order.Pending, http.StatusAccepted},
		{"customer has to act", "", order.AwaitingPayment, http.StatusAccepted},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w, h := setup(t)
			w.await = func(context.Context, *world) error {
				w.order.Status = tc.end
				if tc.code != "" {
					w.order.Failure = &order.Failure{Code: tc.code, Detail: "Because."}
				}
				return nil
			}
			for range 2 { // the same key gets the same answer
				res, out := call(h, http.MethodPost, "/v1/orders", body, "Idempotency-Key", "k", "Authorization", "Bearer skald_a")
				require.Equal(t, tc.status, res.Code, res.Body)
				require.Equal(t, "/v1/orders/ord_1", res.Header().Get("Location"))
				if tc.code != "" {
					require.Equal(t, "application/problem+json", res.Header().Get("Content-Type"))
					require.Equal(t, tc.code, out["code"])
					require.Equal(t, "ord_1", out["order_id"])
					require.Len(t, out["trace_id"], 32)
				} else {
					require.Equal(t, string(tc.end), out["status"])
				}
			}
			require.Equal(t, "usr_1", w.created[0].Caller)
			require.Equal(t, "k", w.created[0].Key)
		})
	}
}

func TestPlaceOrderRefusesBeforeTheClaim(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, body, field string
		status            int
		err               error
	}{
		{"card number", strings.Replace(body, "pm_card_visa", "4242424242424242", 1), "payment_method", 422, nil},
		{"no items", `{"user_id":"usr_1","payment_method":"pm_x","items":[]}`, "items", 422, nil},
		{"zero units", strings.Replace(body, `:1}`, `:0}`, 1), "items[0].quantity", 422, nil},
		{"missing user", strings.Replace(body, `"user_id":"usr_1",`, "", 1), "user_id", 422, nil},
		{"unknown field", strings.Replace(body, `{"user`, `{"price":1,"user`, 1), "price", 422, nil},
		{"other case", strings.Replace(body, `user_id`, `User_ID`, 1), "User_ID", 422, nil},
		{"bad currency", strings.Replace(body, `{"user`, `{"currency":"euro","user`, 1), "currency", 422, nil},
		{"malformed", `{"user_id":`, "", 400, nil},
		{"malformed id", body, "user_id", 422, fault.InvalidField("user_id", "not an id that starts with usr_")},
		{"other body", body, "", 422, order.ErrKeyReused},
		{"database away", body, "", 503, fault.New(fault.Unknown, "commit_unknown", "?")},
		{"defect", body, "", 500, errors.New("secret cause")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w, h := setup(t)
			w.createErr = tc.err
			res, out := call(h, http.MethodPost, "/v1/orders", tc.body)
			require.Equal(t, tc.status, res.Code, res.Body)
			require.Equal(t, "application/problem+json", res.Header().Get("Content-Type"))
			require.NotContains(t, res.Body.String(), "42424242") // a trace id may hold less by chance
			require.NotContains(t, res.Body.String(), "secret")
			if tc.field != "" {
				var fields []string
				for _, e := range out["errors"].([]any) {
					fields = append(fields, e.(map[string]any)["field"].(string))
				}
				require.Contains(t, fields, tc.field)
			}
			if tc.err == nil {
				require.Empty(t, w.created)
			}
		})
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	_, h := setup(t)
	for _, tc := range []struct {
		method, path string
		status       int
		code, allow  string
	}{
		{http.MethodGet, "/nothing", 404, "not_found", ""},
		{http.MethodGet, "/v1/orders/ord_1/", 404, "not_found", ""},
		{http.MethodPatch, "/v1/orders", 405, "method_not_allowed", "GET, HEAD, POST"},
		{http.MethodGet, "/v1/products/prd_none", 404, "product_not_found", ""},
		{http.MethodPut, "/v1/stock/prd_none", 404, "product_not_found", ""},
		{http.MethodGet, "/v1/orders?limit=1000", 422, "invalid", ""},
		{http.MethodGet, "/v1/orders?colour=red", 422, "invalid", ""},
	} {
		body := ""
		if tc.method == http.MethodPut {
			body = `{"on_hand":1}`
		}
		res, out := call(h, tc.method, tc.path, body)
		require.Equal(t, tc.status, res.Code, tc.path)
		require.Equal(t, tc.code, out["code"], tc.path)
		require.Equal(t, tc.allow, res.Header().Get("Allow"), tc.path)
		require.Equal(t, "application/problem+json", res.Header().Get("Content-Type"))
	}
	res, out := call(h, http.MethodGet, "/nothing", "", "Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	require.Equal(t, 404, res.Code)
	require.Equal(t, "4bf92f3577b34da6a3ce929d0e0e4736", out["trace_id"])
}

// TestComposition: a service that does not answer takes its part with it, and
// no more.
func TestComposition(t *testing.T) {
	t.Parallel()
	away := fault.New(fault.Unavailable, "down", "Down.")
	_, whole := setup(t)
	_, out := call(whole, http.MethodGet, "/v1/products/prd_1", "")
	require.Equal(t, map[string]any{"on_hand": 7., "reserved": 2., "available": 5.}, out["stock"])
	require.Equal(t, 1080., out["price"].(map[string]any)["amount"])
	require.Equal(t, 1200., out["base_price"].(map[string]any)["amount"], "what the price was set to, not the catalogue's")
	require.Empty(t, out["degraded"])
	w, h := setup(t) // nobody has said anything yet
	w.stockErr, w.priceErr = away, away
	_, out = call(h, http.MethodGet, "/v1/products/prd_1", "")
	require.Nil(t, out["stock"])
	require.Equal(t, 1000., out["price"].(map[string]any)["amount"])
	require.Equal(t, 1000., out["base_price"].(map[string]any)["amount"])
	require.Equal(t, []any{"inventory", "pricing"}, out["degraded"])
	res, out := call(h, http.MethodGet, "/ready", "")
	require.Equal(t, http.StatusServiceUnavailable, res.Code)
	require.Equal(t, map[string]any{"status": "unavailable"}, out["checks"].(map[string]any)["inventory"])
	res, _ = call(h, http.MethodGet, "/health", "")
	require.Equal(t, http.StatusOK, res.Code)
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	post := func() int {
		res, _ := call(h, http.MethodPost, "/v1/webhooks/stripe", `{"id":"evt_1"}`)
		return res.Code
	}
	w.notice = payment.Notice{OrderID: "ord_1", Awaited: true}
	require.Equal(t, http.StatusNoContent, post())
	require.Equal(t, []string{"ord_1"}, w.notified)
	w.notifyErr = errors.New("Temporal is away")
	require.Equal(t, http.StatusServiceUnavailable, post())
	w.notice, w.notifyErr = payment.Notice{PaymentID: "pay_1", Awaited: true}, nil
	require.Equal(t, http.StatusNoContent, post())
	require.Equal(t, []string{"ord_1", "ord_1", "pay_1"}, w.notified)
	w.notice.Awaited = false
	require.Equal(t, http.StatusNoContent, post())
	require.Len(t, w.notified, 3)
	w.noticeErr = payment.ErrSignature
	require.Equal(t, http.StatusBadRequest, post())
}

// TestDocument: the committed document is the one that is served, by many at a
// time too; the page that shows it loads nothing from elsewhere.
func TestDocument(t *testing.T) {
	t.Parallel()
	committed, err := os.ReadFile("openapi.yaml")
	require.NoError(t, err)
	current, err := api.OpenAPI()
	require.NoError(t, err)
	require.Equal(t, string(committed), string(current), "run make generate")
	_, h := setup(t)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			res, out := call(h, http.MethodGet, "/openapi.json", "")
			if res.Code != http.StatusOK || out["openapi"] == nil {
				t.Error("no document")
			}
		})
	}
	all.Wait()
	page, _ := call(h, http.MethodGet, "/docs", "")
	require.Equal(t, http.StatusOK, page.Code)
	for _, m := range regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page.Body.String(), -1) {
		require.True(t, strings.HasPrefix(m[1], "/docs/"), m[1])
		res, _ := call(h, http.MethodGet, m[1], "")
		require.Equal(t, http.StatusOK, res.Code, m[1])
	}
	metrics, _ := call(h, http.MethodGet, "/metrics", "")
	require.Contains(t, metrics.Body.String(), `skald_http_request_duration_seconds_count{route="GET /docs",status="200"} 1`)
}
