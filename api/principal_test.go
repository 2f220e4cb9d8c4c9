package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/api"
)

// TestCaller: whom an Authorization header speaks for, which scopes the keys of
// orders.
func TestCaller(t *testing.T) {
	t.Parallel()
	noKeys := func(c *api.Config) { c.APIKeys = nil }
	anyKeys := func(*api.Config) {}
	hashed := `^key:[0-9a-f]{64}$`
	for _, tc := range []struct {
		name, header string
		keys         func(*api.Config)
		scope        string // empty: refused
	}{
		{"a key", "Bearer skald_a", anyKeys, "^alice$"},
		{"a scheme has no case", "bEARER  skald_a", anyKeys, "^alice$"},
		{"no key", "", anyKeys, "^anonymous/usr_1$"},
		{"a mistyped key", "Bearer skald_A", anyKeys, ""},
		{"no scheme", "skald_a", anyKeys, ""},
		{"another scheme", "Basic skald_a", anyKeys, ""},
		{"an empty key", "Bearer ", anyKeys, ""},
		{"no key where there are none", "", noKeys, "^anonymous/usr_1$"},
		{"any key where there are none", "Bearer skald_a", noKeys, hashed},
		{"any scheme where there are none", "Basic skald_a", noKeys, hashed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w, h := setup(t, tc.keys)
			res, out := call(h, http.MethodPost, "/v1/orders", body, "Idempotency-Key", "1", "Authorization", tc.header)
			if tc.scope != "" {
				require.Equal(t, http.StatusAccepted, res.Code, res.Body)
				require.Regexp(t, tc.scope, w.created[0].Caller)
				return
			}
			require.Equal(t, http.StatusUnauthorized, res.Code)
			require.Equal(t, "Bearer", res.Header().Get("WWW-Authenticate"))
			require.Equal(t, "application/problem+json", res.Header().Get("Content-Type"))
			require.Equal(t, "unauthenticated", out["code"])
			require.NotContains(t, strings.ToLower(res.Body.String()), "skald_a")
			require.Empty(t, w.created)
			res, _ = call(h, http.MethodGet, "/v1/products/prd_1", "", "Authorization", tc.header)
			require.Equal(t, http.StatusUnauthorized, res.Code, "everywhere")
			for _, open := range []string{"/health", "/ready", "/metrics", "/openapi.json", "/docs"} {
				res, _ = call(h, http.MethodGet, open, "", "Authorization", tc.header)
				require.Equal(t, http.StatusOK, res.Code, open)
			}
		})
	}
}

// TestScopesDiffer: two callers with the same idempotency key do not meet.
func TestScopesDiffer(t *testing.T) {
	t.Parallel()
	w, h := setup(t, func(c *api.Config) { c.APIKeys = nil })
	other := strings.Replace(body, "usr_1", "usr_2", 1)
	for _, request := range [][2]string{{body, ""}, {other, ""}, {body, "Bearer one"}, {body, "Bearer two"}} {
		res, _ := call(h, http.MethodPost, "/v1/orders", request[0], "Idempotency-Key", "1", "Authorization", request[1])
		require.Equal(t, http.StatusAccepted, res.Code)
	}
	scopes := map[string]bool{}
	for _, r := range w.created {
		scopes[r.Caller] = true
	}
	require.Len(t, scopes, 4)
}
