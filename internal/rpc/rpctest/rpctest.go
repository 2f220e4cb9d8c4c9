// Package rpctest puts the network between a service and whoever asks it.
package rpctest

import (
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/skaldhq/skald/internal/rpc"
)

// token is what both sides of a test know.
const token = "a token of a test" //nolint:gosec // it opens nothing else

// Across mounts a service on a server of its own, and gives the way to it.
func Across(t *testing.T, service string, mount func(*rpc.Server)) *rpc.Upstream {
	t.Helper()
	s := rpc.NewServer(slog.New(slog.DiscardHandler), token)
	mount(s)
	server := httptest.NewServer(s)
	u := rpc.NewUpstream(service, server.URL, token, nil)
	t.Cleanup(func() {
		u.Close()
		server.Close()
	})
	return u
}
