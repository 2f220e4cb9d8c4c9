package main

import (
	"context"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rs/cors"
	"go.temporal.io/sdk/converter"

	"github.com/skaldhq/skald/cmd/internal/platform"
	"github.com/skaldhq/skald/internal/config"
)

// listenCodec listens where the Temporal Web UI of this machine has payloads
// opened, if they are sealed.
func (s *devStack) listenCodec(ctx context.Context) (err error) {
	if len(s.demo.PayloadKeys) == 0 {
		return nil
	}
	if s.codec, err = (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	s.onStop(func() { _ = s.codec.Close() })
	s.info.Codec = "http://" + s.codec.Addr().String()
	return nil
}

// serveCodec opens payloads for that Web UI. In production this is the front
// door's, for operators; here the Web UI asks nobody who they are, and so has no
// token to pass on.
func (s *devStack) serveCodec(codec converter.PayloadCodec) {
	if s.codec == nil {
		return
	}
	server := &http.Server{Handler: codecFor(codec, s.codec.Addr().String(), s.info.TemporalUI), ReadHeaderTimeout: 5 * time.Second}
	go s.watch("payload codec", func() error { return server.Serve(s.codec) })
	s.onStop(func() { _ = server.Close() })
}

// serveCodecAlone does that where the services are other processes.
func (s *devStack) serveCodecAlone(ctx context.Context, c config.Config) error {
	if s.codec == nil {
		return nil
	}
	p, err := platform.Open(context.WithoutCancel(ctx), c, s.log, "user")
	if err != nil {
		return err
	}
	s.onStop(p.Close)
	s.serveCodec(p.Codec())
	return nil
}

// codecFor is a codec for the pages of the Web UI in a browser of this machine. No
// other page may have it: the browser names the page's origin, and, where a name
// was bent to this address, the name.
func codecFor(codec converter.PayloadCodec, addr, ui string) http.Handler {
	pages := []string{ui, strings.Replace(ui, "127.0.0.1", "localhost", 1)}
	shared := cors.New(cors.Options{
		AllowedOrigins: pages, AllowedMethods: []string{http.MethodPost}, AllowedHeaders: []string{"*"}, AllowCredentials: true,
	}).Handler(converter.NewPayloadCodecHTTPHandler(codec))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != addr || !slices.Contains(pages, r.Header.Get("Origin")) {
			http.Error(w, "for the Temporal Web UI only", http.StatusForbidden)
			return
		}
		shared.ServeHTTP(w, r)
	})
}
