package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/user"
)

// TestWhoAsks: a request without a credential that counts is nobody's, wherever
// it goes; those that everybody may send need none.
func TestWhoAsks(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, header, code string
		status             int
	}{
		{"a key", "Bearer skald_a", "", http.StatusAccepted},
		{"a scheme has no case", "bEARER  skald_a", "", http.StatusAccepted},
		{"none", "", "unauthenticated", http.StatusUnauthorized},
		{"a mistyped key", "Bearer skald_A", "unauthenticated", http.StatusUnauthorized},
		{"no scheme", "skald_a", "unauthenticated", http.StatusUnauthorized},
		{"another scheme", "Basic skald_a", "unauthenticated", http.StatusUnauthorized},
		{"an empty key", "Bearer ", "unauthenticated", http.StatusUnauthorized},
		{"nobody can tell", "Bearer skald_down", "service_unavailable", http.StatusServiceUnavailable},
		{"a scope that is not held", "Bearer skald_r", "forbidden", http.StatusForbidden},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w, h := setup(t)
			res, out := call(h, http.MethodPost, "/v1/orders", body, "Authorization", tc.header)
			require.Equal(t, tc.status, res.Code, res.Body)
			if tc.code == "" {
				require.Len(t, w.created, 1)
				return
			}
			require.Equal(t, "application/problem+json", res.Header().Get("Content-Type"))
			require.Equal(t, tc.code, out["code"])
			require.NotEmpty(t, out["trace_id"])
			require.NotContains(t, strings.ToLower(res.Body.String()), "skald_a")
			require.Equal(t, tc.status == http.StatusUnauthorized, res.Header().Get("WWW-Authenticate") != "")
			require.Empty(t, w.created)
			for _, open := range []string{"/health", "/ready", "/metrics", "/openapi.json", "/docs"} {
				res, _ = call(h, http.MethodGet, open, "", "Authorization", tc.header)
				require.Equal(t, http.StatusOK, res.Code, open)
			}
		})
	}
}

// TestOthersAreMissing: what belongs to another user answers a customer exactly
// as what does not exist, and changes nothing.
func TestOthersAreMissing(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	w.users["usr_1"], w.users["usr_2"] = user.User{ID: "usr_1"}, user.User{ID: "usr_2"}
	w.order.Status, w.payment = order.Confirmed, payment.Payment{ID: "pay_1", OrderID: "ord_1", UserID: "usr_1"}
	for _, tc := range []struct{ method, path, body string }{
		{http.MethodGet, "/v1/orders/ord_1", ""},
		{http.MethodPut, "/v1/orders/ord_1/cancellation", `{"reason":"mine"}`},
		{http.MethodPost, "/v1/orders/ord_1/refunds", `{"reason":"mine"}`},
		{http.MethodGet, "/v1/orders/ord_1/refunds", ""},
		{http.MethodGet, "/v1/users/usr_1", ""},
		{http.MethodGet, "/v1/payments/pay_1", ""},
	} {
		res, _ := call(h, tc.method, tc.path, tc.body, "Authorization", "Bearer skald_b")
		require.Equal(t, http.StatusNotFound, res.Code, "%s %s: %s", tc.method, tc.path, res.Body)
		missing, _ := call(h, tc.method, strings.Replace(strings.Replace(tc.path, "_1", "_9", 1), "_1", "_9", 1), tc.body, "Authorization", "Bearer skald_b")
		require.Equal(t, withoutTrace(missing.Body.String()), withoutTrace(res.Body.String()), tc.path)
		require.Equal(t, missing.Header().Get("ETag"), res.Header().Get("ETag"))
	}
	require.Empty(t, w.cancelled)
	require.Empty(t, w.refunds)
	for _, list := range []string{"/v1/orders?user_id=usr_1", "/v1/payments?user_id=usr_1"} {
		res, out := call(h, http.MethodGet, list, "", "Authorization", "Bearer skald_b")
		require.Equal(t, http.StatusOK, res.Code)
		require.Empty(t, out["items"], list)
	}
	res, out := call(h, http.MethodPost, "/v1/orders", body, "Authorization", "Bearer skald_b")
	require.Equal(t, http.StatusUnprocessableEntity, res.Code)
	require.Equal(t, "user_not_found", out["code"])
	require.Empty(t, w.created)
}

// withoutTrace is a problem without what tells requests apart.
func withoutTrace(body string) string {
	before, after, _ := strings.Cut(body, `"trace_id":"`)
	return before + after[min(len(after), 32):]
}

// TestRoles: who may not use an operation is told so, before anything is looked at.
func TestRoles(t *testing.T) {
	t.Parallel()
	_, h := setup(t)
	for _, tc := range []struct {
		method, path string
		allowed      string // of a customer, a service, an operator
	}{
		{http.MethodGet, "/v1/orders", "aso"},
		{http.MethodGet, "/v1/products/prd_1", "aso"},
		{http.MethodPut, "/v1/products/prd_1", "so"},
		{http.MethodPut, "/v1/stock/prd_1", "so"},
		{http.MethodPut, "/v1/prices/prd_1", "so"},
		{http.MethodPost, "/v1/users", "so"},
		{http.MethodPut, "/v1/users/usr_1", "aso"},
		{http.MethodDelete, "/v1/users/usr_1", "so"},
		{http.MethodGet, "/v1/sagas", "o"},
		{http.MethodPost, "/v1/sagas/order%2Ford_1/resolutions", "o"},
		{http.MethodGet, "/v1/discrepancies", "o"},
		{http.MethodPost, "/v1/api-keys", "o"},
	} {
		for _, who := range []string{"a", "s", "o"} {
			res, out := call(h, tc.method, tc.path, "", "Authorization", "Bearer skald_"+who)
			if strings.Contains(tc.allowed, who) {
				require.NotContains(t, []int{http.StatusForbidden, http.StatusUnauthorized}, res.Code, "%s %s by %s", tc.method, tc.path, who)
				continue
			}
			require.Equal(t, http.StatusForbidden, res.Code, "%s %s by %s", tc.method, tc.path, who)
			require.Equal(t, "forbidden", out["code"])
		}
	}
}
