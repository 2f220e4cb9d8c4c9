package api_test

import (
	"compress/gzip"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/api"
)

// TestMethods: every path tells its methods, and what can be got can be asked for
// without its body.
func TestMethods(t *testing.T) {
	t.Parallel()
	_, h := setup(t)
	res, _ := call(h, http.MethodOptions, "/v1/users/usr_1", "")
	require.Equal(t, http.StatusNoContent, res.Code)
	require.Equal(t, "DELETE, GET, HEAD, PUT, OPTIONS", res.Header().Get("Allow"))
	res, _ = call(h, http.MethodOptions, "/v1/nothing", "")
	require.Equal(t, http.StatusNotFound, res.Code)
	get, _ := call(h, http.MethodGet, "/v1/orders/ord_1", "")
	head, _ := call(h, http.MethodHead, "/v1/orders/ord_1", "")
	require.Equal(t, http.StatusOK, head.Code)
	require.Equal(t, get.Header(), head.Header())
	head, _ = call(h, http.MethodHead, "/v1/orders/ord_1", "", "Authorization", "")
	require.Equal(t, http.StatusUnauthorized, head.Code)
}

// TestCORS: pages of the origins that are named may use the front door, no others.
func TestCORS(t *testing.T) {
	t.Parallel()
	const shop = "https://shop.example"
	_, h := setup(t, func(c *api.Config) { c.Origins = []string{shop} })
	_, closed := setup(t)
	preflight := []string{"Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "authorization,content-type,idempotency-key,if-match"}
	for _, tc := range []struct {
		of              http.Handler
		origin, allowed string
	}{{h, shop, shop}, {h, "https://evil.example", ""}, {h, "null", ""}, {closed, shop, ""}} {
		res, _ := call(tc.of, http.MethodOptions, "/v1/users/usr_1", "", append(preflight, "Origin", tc.origin)...)
		require.Equal(t, http.StatusNoContent, res.Code)
		require.Equal(t, tc.allowed, res.Header().Get("Access-Control-Allow-Origin"))
		for _, headers := range [][]string{{"Origin", tc.origin}, {"Origin", tc.origin, "Authorization", ""}} { // a refusal can be read too
			res, _ = call(tc.of, http.MethodGet, "/v1/orders/ord_1", "", headers...)
			require.Equal(t, tc.allowed, res.Header().Get("Access-Control-Allow-Origin"))
			require.Empty(t, res.Header().Get("Access-Control-Allow-Credentials"))
		}
	}
}

// TestCompression: what pays is compressed, under a tag of its own that is good
// for the next request.
func TestCompression(t *testing.T) {
	t.Parallel()
	_, h := setup(t)
	res, _ := call(h, http.MethodGet, "/openapi.json", "", "Accept-Encoding", "gzip")
	require.Equal(t, "gzip", res.Header().Get("Content-Encoding"))
	require.Contains(t, res.Header().Get("Vary"), "Accept-Encoding")
	plain, err := gzip.NewReader(res.Body)
	require.NoError(t, err)
	require.NoError(t, json.NewDecoder(plain).Decode(&map[string]any{}))
	res, _ = call(h, http.MethodGet, "/openapi.json", "")
	require.Empty(t, res.Header().Get("Content-Encoding"))
	res, _ = call(h, http.MethodGet, "/health", "", "Accept-Encoding", "gzip")
	require.Empty(t, res.Header().Get("Content-Encoding"), "too small to pay")
}
