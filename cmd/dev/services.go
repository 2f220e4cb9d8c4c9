package main

import (
	"context"
	"net"
	"sync"

	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/cmd/internal/platform"
	"github.com/skaldhq/skald/db"
	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/internal/devstack/temporaldev"
)

// startPlatform runs every service and the front door in this process.
func (s *devStack) startPlatform(ctx context.Context, c config.Config, temporal *temporaldev.Server, door net.Listener) error {
	c.Temporal.Address = temporal.Addr
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	p, err := platform.Open(running, c, s.log, db.Services()...)
	if err != nil {
		cancel()
		return err
	}
	tc, err := p.Dial(func(o *client.Options) {
		o.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{} // it is the same process
	})
	if err != nil {
		cancel()
		p.Close()
		return err
	}
	s.onStop(func() { cancel(); wg.Wait(); tc.Close(); p.Close() })
	s.serveCodec(p.Codec())
	if err := s.demo.seed(ctx, s.options.Data, p); err != nil {
		return err
	}
	handler, err := p.FrontDoor(tc)
	if err != nil {
		return err
	}
	wg.Go(func() { s.watch("workers", func() error { return p.Work(running, tc) }) })
	wg.Go(func() {
		s.watch("front door", func() error { return api.Serve(running, door, c.Server.MaxConnections, handler) })
	})
	return nil
}
