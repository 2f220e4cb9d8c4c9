package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/api"
)

// TestOddPaths: a path that has to be cleaned first is none of ours, and nobody is
// sent elsewhere.
func TestOddPaths(t *testing.T) {
	t.Parallel()
	_, h := setup(t)
	for path, want := range map[string]int{
		"/v1//orders": 404, "//v1/orders": 404, "/v1/../v1/orders": 404, "/./v1/orders": 404, "/v1/orders/": 404, "/v1/users/%2e%2e": 404,
		"/v1/users/..%2f..%2fsagas": 404, "/docs/../openapi.json": 404, "/docs/%2e%2e/%2e%2e/etc/passwd": 404,
		"/v1/sagas/%00": 422, "/v1/sagas/%ff": 422, "/v1/sagas/a%20b/resolutions": 405, "/v1/users/%00": 404,
	} {
		res, out := call(h, http.MethodGet, path, "")
		require.Equal(t, want, res.Code, "%s: %s", path, res.Body)
		require.Equal(t, "application/problem+json", res.Header().Get("Content-Type"), path)
		require.NotEmpty(t, out["code"])
		require.Empty(t, res.Header().Get("Location"))
	}
}

// TestEmails: an address is one as the document says, and nothing around it.
func TestEmails(t *testing.T) {
	t.Parallel()
	_, h := setup(t)
	for email, want := range map[string]int{
		"a@b.c": 201, "first.last+tag@mail.example.com": 201,
		"Ada <a@b.c>": 422, "<a@b.c>": 422, "a@b@c": 422, `\ud800a@b.c`: 422, "é@b.c": 422, "a@b.c\\n": 422, ".a@b.c": 422, `\"a\"@b.c`: 422,
	} {
		res, _ := call(h, http.MethodPost, "/v1/users", `{"name":"Ada","email":"`+email+`"}`)
		require.Equal(t, want, res.Code, "%s: %s", email, res.Body)
	}
}

// TestPageCursor: a cursor that was never given out never comes as far as Temporal.
func TestPageCursor(t *testing.T) {
	t.Parallel()
	token, ok := api.PageToken(api.PageCursor([]byte("token")))
	require.True(t, ok)
	require.Equal(t, "token", string(token))
	require.Empty(t, api.PageCursor(nil))
	_, ok = api.PageToken("")
	require.True(t, ok)
	for _, cursor := range []string{"-1", "%", "AAAA", "AAAAAAAAAAAA", api.PageCursor([]byte("token"))[1:]} {
		_, ok = api.PageToken(cursor)
		require.False(t, ok, cursor)
	}
}
