package api_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/api"
)

// TestServerCloses: whoever waits for an outcome when the server closes gets
// the order as it is.
func TestServerCloses(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	waiting := make(chan struct{})
	w.await = func(ctx context.Context, _ *world) error { close(waiting); <-ctx.Done(); return ctx.Err() }
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	closed := make(chan error, 1)
	go func() { closed <- api.Serve(ctx, l, h) }()
	go func() { <-waiting; stop() }()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+l.Addr().String()+"/v1/orders", strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Prefer", "wait=30")
	r.Header.Set("Authorization", "Bearer skald_a")
	res, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	require.Equal(t, http.StatusAccepted, res.StatusCode)
	require.NoError(t, <-closed)
}
