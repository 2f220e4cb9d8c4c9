package main

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRun: it answers, ends well when it is told to, and says what it lacks.
func TestRun(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.NoError(t, l.Close())
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"--addr", addr, "--data", filepath.Join(t.TempDir(), "psp"), "--webhook-secret", "whsec"})
	}()
	require.Eventually(t, func() bool {
		response, err := http.Get("http://" + addr + "/_log")
		return err == nil && response.Body.Close() == nil && response.StatusCode == http.StatusOK
	}, 10*time.Second, 10*time.Millisecond)
	stop()
	require.NoError(t, <-ended)
	require.ErrorContains(t, run(t.Context(), nil), "--webhook-secret")
}
