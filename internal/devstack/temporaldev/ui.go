package temporaldev

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"
)

// UI is a running Temporal Web UI.
type UI struct {
	URL    string
	server *uiserver.Server
}

// StartUI serves the Web UI of a server at an address, host:port; port 0 picks
// a free one. It has payloads opened at the codec's URL, unless that is empty.
func StartUI(ctx context.Context, addr string, s *Server, codec string) (*UI, error) {
	addr, err := s.ports.addr(addr)
	if err != nil {
		return nil, fmt.Errorf("the address of the Temporal Web UI is not free: choose another with --ui-addr: %w", err)
	}
	_, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, err
	}
	ui := &UI{URL: "http://" + addr, server: uiserver.NewServer(server_options.WithConfigProvider(&uiconfig.Config{
		TemporalGRPCAddress: s.Addr, Host: strings.TrimSuffix(addr, ":"+portText), Port: port, EnableUI: true, DefaultNamespace: s.Namespace,
		HideLogs: true, DisableNewsFetch: true, CORS: uiconfig.CORS{CookieInsecure: true}, Codec: uiconfig.Codec{Endpoint: codec},
	}))}
	go func() { _ = ui.server.Start() }()
	for {
		if request, err := http.NewRequestWithContext(ctx, http.MethodGet, ui.URL+"/healthz", nil); err == nil {
			if response, err := http.DefaultClient.Do(request); err == nil {
				return ui, response.Body.Close()
			}
		}
		select {
		case <-ctx.Done():
			ui.Stop()
			return nil, fmt.Errorf("the Temporal Web UI did not get ready: %w", ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Stop ends the Web UI.
func (u *UI) Stop() { u.server.Stop() }
