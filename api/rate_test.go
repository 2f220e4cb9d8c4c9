package api_test

import (
	"net/http"
	"slices"
	"strconv"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/api/limit"
)

// TestRate: whoever asks too often is told when to come again, and nobody else
// feels it; who shows no credential that counts is held by their address.
func TestRate(t *testing.T) {
	t.Parallel()
	w, h := setup(t, func(c *api.Config) {
		var err error
		c.Limits.Principals, err = limit.InMemory(limit.Rate{PerSecond: 1, Burst: 4})
		require.NoError(t, err)
		c.Limits.Addresses, err = limit.InMemory(limit.Rate{PerSecond: 1, Burst: 2})
		require.NoError(t, err)
	})
	ask := func(key, from string) (status int, header http.Header) {
		res, out := call(h, http.MethodPost, "/v1/orders", body, "Authorization", "Bearer "+key, "X-Forwarded-For", from, "Prefer", "respond-async")
		if res.Code == http.StatusTooManyRequests {
			require.Equal(t, "rate_limited", out["code"])
			require.Equal(t, "application/problem+json", res.Header().Get("Content-Type"))
			after, err := strconv.Atoi(res.Header().Get("Retry-After"))
			require.NoError(t, err)
			require.Positive(t, after)
			require.Equal(t, "0", res.Header().Get("RateLimit-Remaining"))
		}
		return res.Code, res.Header()
	}
	first, header := ask("skald_a", "")
	require.Equal(t, http.StatusAccepted, first)
	require.Equal(t, []string{"5", "4"}, []string{header.Get("RateLimit-Limit"), header.Get("RateLimit-Remaining")})
	require.NotEmpty(t, header.Get("RateLimit-Reset"))
	until := func(status int, key, from string) {
		for range 100 { // a token or two come back meanwhile
			if got, _ := ask(key, from); got == status {
				return
			}
		}
		require.Fail(t, "never answered", "%s with %d", key, status)
	}
	until(http.StatusTooManyRequests, "skald_a", "")
	looked := len(w.created)
	if status, _ := ask("skald_a", ""); status == http.StatusTooManyRequests {
		require.Len(t, w.created, looked, "it was not looked at")
	}
	got, _ := ask("skald_o", "")
	require.Equal(t, http.StatusAccepted, got)
	got, _ = ask("skald_guess", "")
	require.Equal(t, http.StatusUnauthorized, got)
	until(http.StatusTooManyRequests, "skald_another", "198.51.100.1") // the header is the client's own word
	got, _ = ask("skald_s", "")
	require.Equal(t, http.StatusAccepted, got, "whose credential counts is not held by the address")
	held := func(int) bool {
		res, _ := call(h, http.MethodPost, "/v1/webhooks/stripe", `{}`, "Authorization", "")
		return res.Code == http.StatusTooManyRequests
	}
	require.True(t, slices.ContainsFunc(make([]int, 100), held), "who needs no credential is held by their address")
	for range 20 {
		res, _ := call(h, http.MethodGet, "/health", "", "Authorization", "")
		require.Equal(t, http.StatusOK, res.Code)
	}
}

// TestNobodyCounts: while Redis is away nobody is held, and that is counted.
func TestNobodyCounts(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1})
	defer func() { _ = client.Close() }()
	_, h := setup(t, func(c *api.Config) {
		var err error
		c.Limits.Addresses, err = limit.InRedis(client, "limit:", limit.Rate{PerSecond: 1})
		require.NoError(t, err)
	})
	server.Close()
	for range 3 {
		res, _ := call(h, http.MethodGet, "/openapi.yaml", "", "Authorization", "")
		require.Equal(t, http.StatusOK, res.Code)
	}
	res, _ := call(h, http.MethodGet, "/metrics", "", "Authorization", "")
	require.Contains(t, res.Body.String(), "skald_requests_not_counted_total 3\n")
}
