package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"

	"github.com/alecthomas/kong"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/cmd/internal/platform"
	"github.com/skaldhq/skald/db"
	"github.com/skaldhq/skald/internal/config"
)

type cli struct {
	LogLevel string `help:"debug, info, warn or error." default:"info" enum:"debug,info,warn,error" env:"SKALD_LOG_LEVEL"`

	Gateway gatewayCmd `cmd:"" help:"Run the front door."`
	Service serviceCmd `cmd:"" help:"Run the workers and the housekeeping of services."`
	Migrate migrateCmd `cmd:"" help:"Bring the databases to their newest schema."`
	Ops     opsCmd     `cmd:"" help:"For operators."`
	OpenAPI openapiCmd `cmd:"" name:"openapi" help:"Print the OpenAPI document."`
}

// process is what every subcommand has.
type process struct {
	ctx context.Context //nolint:containedctx // lives as long as the process
	log *slog.Logger
	out io.Writer
}

func run(ctx context.Context, args []string, out io.Writer) error {
	var c cli
	parser, err := kong.New(&c, kong.Name("skald"), kong.Description("An order platform whose every order is a durable saga."),
		kong.Writers(out, out), kong.UsageOnError())
	if err != nil {
		return err
	}
	command, err := parser.Parse(args)
	if err != nil {
		return err
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	return command.Run(&c.Ops, &c.Ops.Versions, &process{ctx: ctx, log: log, out: out})
}

// open connects to Temporal and to the databases of the services.
func (p *process) open(c config.Config, services ...string) (*platform.Platform, client.Client, error) {
	plat, err := platform.Open(p.ctx, c, p.log, services...)
	if err != nil {
		return nil, nil, err
	}
	options := p.temporal(c.Temporal)
	options.MetricsHandler = plat.Metrics().Temporal()
	temporal, err := client.DialContext(p.ctx, options)
	if err != nil {
		plat.Close()
		return nil, nil, noTemporal(c.Temporal, err)
	}
	p.log.Info("starting", "config", c, "services", services)
	return plat, temporal, nil
}

// temporal is how the Temporal cluster is reached.
func (p *process) temporal(t config.Temporal) client.Options {
	return client.Options{HostPort: t.Address, Namespace: t.Namespace, Logger: sdklog.NewStructuredLogger(p.log)}
}

func noTemporal(t config.Temporal, err error) error {
	return fmt.Errorf("no Temporal server answers at %s: set TEMPORAL_ADDRESS: %w", t.Address, err)
}

type gatewayCmd struct {
	config.Config

	Addr string `help:"Address to listen on." default:"127.0.0.1:8080" env:"SKALD_ADDR"`
}

// Run serves the front door until the process is told to stop.
func (g *gatewayCmd) Run(p *process) error {
	plat, c, err := p.open(g.Config, db.Services()...)
	if err != nil {
		return err
	}
	defer plat.Close()
	defer c.Close()
	handler, err := plat.FrontDoor(c, nil)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(p.ctx, "tcp", g.Addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return api.Serve(p.ctx, listener, handler)
}

type serviceCmd struct {
	config.Config

	Names       []string `arg:"" name:"name" help:"user, product, pricing, inventory, payment, order." enum:"user,product,pricing,inventory,payment,order"`
	MetricsAddr string   `help:"Address to serve /metrics on, such as 127.0.0.1:9100; nowhere if not given." env:"SKALD_METRICS_ADDR"`
}

// Run works until the process is told to stop.
func (s *serviceCmd) Run(p *process) error {
	plat, c, err := p.open(s.Config, s.Names...)
	if err != nil {
		return err
	}
	defer plat.Close()
	defer c.Close()
	if s.MetricsAddr == "" {
		return plat.Work(p.ctx, c)
	}
	listener, err := (&net.ListenConfig{}).Listen(p.ctx, "tcp", s.MetricsAddr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", plat.Metrics().Handler())
	both, ctx := errgroup.WithContext(p.ctx)
	both.Go(func() error { return api.Serve(ctx, listener, mux) })
	both.Go(func() error { return plat.Work(ctx, c) })
	return both.Wait()
}

type migrateCmd struct {
	config.Config

	Names []string `arg:"" optional:"" name:"service" help:"Services to migrate; all where none is named."`
}

// Run migrates and tells what it did.
func (m *migrateCmd) Run(p *process) error {
	names := m.Names
	if len(names) == 0 {
		names = db.Services()
	}
	return platform.Migrate(p.ctx, m.Config, func(service string, applied int) {
		_, _ = fmt.Fprintf(p.out, "%-10s %d migrations applied\n", service, applied)
	}, names...)
}

type openapiCmd struct{}

// Run prints the document.
func (openapiCmd) Run(p *process) error {
	doc, err := api.OpenAPI()
	if err != nil {
		return err
	}
	_, err = p.out.Write(doc)
	return err
}
