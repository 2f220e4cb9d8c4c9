package platform

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/db"
	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/workers"
)

// Role is a process of the platform.
type Role struct {
	Config config.Config
	Addr   string // that it serves HTTP on
	Log    *slog.Logger
	// Interceptors are put at Temporal's client.
	Interceptors []interceptor.ClientInterceptor
}

// Gateway serves the front door until the context ends, also while Temporal is away.
// The services that the configuration does not place elsewhere are reached in this
// process.
func (r Role) Gateway(ctx context.Context) error {
	if err := r.Config.Auth.Sufficient(); err != nil {
		return err
	}
	here := slices.DeleteFunc(db.Services(), func(name string) bool { return r.Config.Services[name] != "" })
	return r.run(ctx, here, func(p *Platform, c client.Client, l net.Listener) error {
		handler, err := p.FrontDoor(c)
		if err != nil {
			return err
		}
		both, ctx := errgroup.WithContext(ctx)
		both.Go(func() error { return api.Serve(ctx, l, r.Config.Server.MaxConnections, handler) })
		both.Go(func() error { p.await(ctx, c); return nil }) // so that it is told
		return both.Wait()
	})
}

// Service works for services until the context ends, as soon as Temporal answers, and
// answers the front door for them from the start.
func (r Role) Service(ctx context.Context, names ...string) error {
	if err := r.Config.ValidateService(); err != nil {
		return err
	}
	return r.run(ctx, names, func(p *Platform, c client.Client, l net.Listener) error {
		both, ctx := errgroup.WithContext(ctx)
		both.Go(func() error { return api.Serve(ctx, l, r.Config.Server.MaxConnections, p.Services(c)) })
		both.Go(func() error {
			if !p.await(ctx, c) {
				return nil
			}
			return p.Work(ctx, c)
		})
		return both.Wait()
	})
}

// run opens what the role needs, runs it and closes that again.
func (r Role) run(ctx context.Context, services []string, do func(*Platform, client.Client, net.Listener) error) error {
	if err := r.Config.Server.Possible(); err != nil {
		return err
	}
	p, err := Open(ctx, r.Config, r.Log, services...)
	if err != nil {
		return err
	}
	defer p.Close()
	c, err := p.Dial(func(o *client.Options) { o.Interceptors = append(o.Interceptors, r.Interceptors...) })
	if err != nil {
		return err
	}
	defer c.Close()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", r.Addr)
	if err != nil {
		return fmt.Errorf("the address %s is not free: choose another with --addr: %w", r.Addr, err)
	}
	background, end := context.WithCancel(ctx)
	var knocking sync.WaitGroup
	knocking.Go(func() {
		workers.Every(background, r.Log, slog.LevelDebug, "ask who did not answer", knockPause, knock(p.others))
	})
	defer knocking.Wait()
	defer end()
	r.Log.Info("starting", "config", r.Config, "services", services, "addr", listener.Addr().String())
	return do(p, c, listener)
}

// ServiceAddr is where a service answers on a machine of its own kind: each has
// its port.
func ServiceAddr(name string) string {
	port := map[string]int{"user": 8001, "product": 8002, "payment": 8003, "inventory": 8004, "pricing": 8005, "notification": 8006, "order": 8007}[name]
	return fmt.Sprintf("127.0.0.1:%d", port)
}
