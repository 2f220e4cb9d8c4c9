package api_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/api"
)

const pan = "4242424242424242"

// TestCardsAreRefused: wherever a card number is in a request, it is refused by
// the name of the field, is not repeated or logged, and nothing happens.
func TestCardsAreRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, method, path, body, field string
		headers                         []string
	}{
		{"text", "POST", "/v1/orders", strings.Replace(body, "pm_card_visa", "pm_"+pan, 1), "payment_method", nil},
		{"nested", "POST", "/v1/orders", strings.Replace(body, "prd_1", "4242 4242 4242 4242 12/26", 1), "items[0].product_id", nil},
		{"number", "POST", "/v1/orders", strings.Replace(body, ":1}", ":"+pan+"}", 1), "items[0].quantity", nil},
		{"unknown field", "POST", "/v1/orders", strings.Replace(body, "{", `{"card":{"number":"`+pan+`"},`, 1), "card.number", nil},
		{"name", "POST", "/v1/orders", strings.Replace(body, "{", `{"`+pan+`":1,`, 1), "body", nil},
		{"no JSON", "POST", "/v1/orders", `{"user_id":"` + pan, "body", nil},
		{"form", "POST", "/v1/orders", "pan=" + pan, "body", []string{"Content-Type", "application/x-www-form-urlencoded"}},
		{"odd name", "POST", "/v1/orders", `{"<script>":"` + pan + `"}`, "(a name that is not known)", nil},
		{"query", "GET", "/v1/products?q=4242+4242+4242+4242", "", "q", nil},
		{"query, escaped", "GET", "/v1/products?q=%34242424242424242", "", "q", nil},
		{"query, escaped wrongly", "GET", "/v1/products?q=" + pan + "%zz", "", "q", nil},
		{"query, unknown", "GET", "/v1/products?limit=1&x=" + pan, "", "x", nil},
		{"query, name", "GET", "/v1/products?" + pan + "=1", "", "query", nil},
		{"path", "GET", "/v1/users/" + pan, "", "user_id", nil},
		{"path, saga", "GET", "/v1/sagas/order%2F" + pan, "", "workflow_id", nil},
		{"key", "POST", "/v1/orders", body, "Idempotency-Key", []string{"Idempotency-Key", "order " + pan}},
		{"Prefer", "POST", "/v1/orders", body, "Prefer", []string{"Prefer", "wait=1; x=" + pan}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			w, h := setup(t, func(c *api.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
			headers := append([]string{"Traceparent", "00-aaaaaaaaaaaaaaaa" + pan + "-00f067aa0ba902b7-01"}, tc.headers...)
			res, out := call(h, tc.method, tc.path, tc.body, headers...)
			require.Equal(t, http.StatusUnprocessableEntity, res.Code, res.Body)
			require.Equal(t, "card_number_refused", out["code"])
			require.Equal(t, tc.field, out["errors"].([]any)[0].(map[string]any)["field"])
			for _, said := range []string{res.Body.String(), log.String(), fmt.Sprint(res.Header())} {
				require.NotContains(t, said, "42424242")
			}
			require.Empty(t, w.created)
		})
	}
}

// TestPrivateIsRefused: an e-mail address is taken as a user's and nowhere else, and
// a credential nowhere.
func TestPrivateIsRefused(t *testing.T) {
	t.Parallel()
	const email, key = "ada@example.com", "skald_E4Nu6KD2FfqSNvEgp93scLwbqTqQtfywumSo7jP1QGc"
	for _, tc := range []struct{ method, path, body, field, code string }{
		{"POST", "/v1/orders", strings.Replace(body, "pm_card_visa", email, 1), "payment_method", "email_refused"},
		{"POST", "/v1/orders", strings.Replace(body, "pm_card_visa", key, 1), "payment_method", "credential_refused"},
		{"POST", "/v1/orders/ord_1/refunds", `{"reason":"ask \u0061da\u0040example.com"}`, "reason", "email_refused"},
		{"POST", "/v1/users", `{"email":"` + email + `","name":"` + email + `"}`, "name", "email_refused"},
		{"POST", "/v1/users", `{"email":"` + key + `@example.com","name":"Ada"}`, "email", "credential_refused"},
		{"GET", "/v1/products?q=" + email, "", "q", "email_refused"},
		{"GET", "/v1/users/" + email, "", "user_id", "email_refused"},
	} {
		w, h := setup(t)
		res, out := call(h, tc.method, tc.path, tc.body)
		require.Equal(t, http.StatusUnprocessableEntity, res.Code, "%s: %s", tc.path, res.Body)
		require.Equal(t, tc.code, out["code"])
		require.Equal(t, tc.field, out["errors"].([]any)[0].(map[string]any)["field"])
		require.Empty(t, w.created)
		for _, secret := range []string{email, key} {
			require.NotContains(t, res.Body.String(), secret)
		}
	}
	_, h := setup(t)
	res, _ := call(h, http.MethodPut, "/v1/users/usr_1", `{"email":"`+email+`","name":"Ada"}`)
	require.NotContains(t, res.Body.String(), "email_refused")
	url := "https://shop.example/@ada@shop.example/hooks?with=" + key
	res, _ = call(h, http.MethodPost, "/v1/webhook-endpoints", `{"url":"`+url+`"}`)
	require.NotContains(t, res.Body.String(), "_refused", "it is validated as a URL")
	res, _ = call(h, http.MethodPost, "/v1/webhook-endpoints", `{"url":"https://shop.example/hooks","description":"`+email+`"}`)
	require.Contains(t, res.Body.String(), "email_refused")
}

// TestUnreadableBody: a body that breaks off is the client's fault, and the
// connection is of no more use.
func TestUnreadableBody(t *testing.T) {
	t.Parallel()
	_, h := setup(t)
	for _, path := range []string{"/v1/orders", "/v1/webhooks/stripe"} {
		r := httptest.NewRequest(http.MethodPost, path, io.MultiReader(strings.NewReader(`{"user_id":`), iotest.ErrReader(io.ErrUnexpectedEOF)))
		r.Header.Set("Authorization", "Bearer skald_o")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, http.StatusBadRequest, w.Code, w.Body)
		require.Equal(t, "close", w.Header().Get("Connection"))
	}
}

// TestDeepBody: a body that is nothing but depth is refused at little cost.
func TestDeepBody(t *testing.T) {
	t.Parallel()
	_, h := setup(t)
	for _, deep := range []string{strings.Repeat(`[`, 1<<20-2), strings.Repeat(`{"a":`, 1<<17)} {
		res, _ := call(h, http.MethodPost, "/v1/orders", deep)
		require.Equal(t, http.StatusBadRequest, res.Code)
		require.Less(t, res.Body.Len(), 1<<10)
	}
}
