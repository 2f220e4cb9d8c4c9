package api_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

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
	go func() { closed <- api.Serve(ctx, l, 10, h) }()
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

// TestMostConnections: a connection more than the server takes waits until
// another is closed.
func TestMostConnections(t *testing.T) {
	t.Parallel()
	_, h := setup(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	closed := make(chan error, 1)
	go func() { closed <- api.Serve(ctx, l, 1, h) }()
	defer func() { stop(); require.NoError(t, <-closed) }()
	ask := func() (net.Conn, *bufio.Reader) {
		conn, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		_, err = io.WriteString(conn, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
		require.NoError(t, err)
		return conn, bufio.NewReader(conn)
	}
	first, answer := ask()
	res, err := http.ReadResponse(answer, nil)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	second, answer := ask()
	defer func() { _ = second.Close() }()
	require.NoError(t, second.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	_, err = answer.Peek(1)
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.NoError(t, second.SetReadDeadline(time.Time{}))
	require.NoError(t, first.Close())
	res, err = http.ReadResponse(answer, nil)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusOK, res.StatusCode)
}
