package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestProbe: only 2xx is well, and what the process says of itself is printed
// either way.
func TestProbe(t *testing.T) {
	t.Parallel()
	for status, well := range map[int]bool{http.StatusOK: true, http.StatusServiceUnavailable: false, http.StatusNotFound: false} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, status, "said") }))
		t.Cleanup(server.Close)
		var out strings.Builder
		err := run(t.Context(), []string{"probe", server.URL}, &out)
		require.Equal(t, well, err == nil, status)
		require.Contains(t, out.String(), "said")
	}
	long := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, strings.Repeat("skald_sagas_parked 0\n", 1<<16)) // as metrics are
	}))
	t.Cleanup(long.Close)
	var out strings.Builder
	require.NoError(t, run(t.Context(), []string{"probe", long.URL}, &out))
	require.Equal(t, 1<<16, strings.Count(out.String(), "parked"))
	away := httptest.NewServer(nil)
	away.Close()
	require.Error(t, run(t.Context(), []string{"probe", away.URL}, &strings.Builder{}))
}
