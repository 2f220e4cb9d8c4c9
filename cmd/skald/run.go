package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/alecthomas/kong"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/cmd/internal/platform"
	"github.com/skaldhq/skald/db"
	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/internal/telemetry"
)

type cli struct {
	LogLevel  string `help:"debug, info, warn or error." default:"info" enum:"debug,info,warn,error" env:"SKALD_LOG_LEVEL"`
	LogFormat string `help:"json, for who collects logs, or text, for who reads along." default:"json" enum:"json,text" env:"SKALD_LOG_FORMAT"`

	Gateway   gatewayCmd   `cmd:"" help:"Run the front door."`
	Service   serviceCmd   `cmd:"" help:"Run services: their workers, their housekeeping, what the front door asks of them."`
	Migrate   migrateCmd   `cmd:"" help:"Bring the databases to their newest schema."`
	Prepare   prepareCmd   `cmd:"" help:"Make Temporal's namespace know the search attributes of the sagas."`
	Bootstrap bootstrapCmd `cmd:"" help:"Make the first operator's API key."`
	Ops       opsCmd       `cmd:"" help:"For operators."`
	Probe     probeCmd     `cmd:"" help:"Ask a process whether it is well, for containers that have no shell."`

	OpenAPI     openapiCmd     `cmd:"" name:"openapi" help:"Print the OpenAPI document."`
	Environment environmentCmd `cmd:"" help:"Print every environment variable, as docs/environment.md has them."`
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
	log := telemetry.NewLog(os.Stderr, c.LogFormat, level)
	return command.Run(&c.Ops, &c.Ops.Versions, parser.Model, &process{ctx: ctx, log: log, out: out})
}

type gatewayCmd struct {
	config.Config

	Addr string `help:"Address to listen on." default:"127.0.0.1:8080" env:"SKALD_ADDR"`
}

// Run serves the front door until the process is told to stop.
func (g *gatewayCmd) Run(p *process) error {
	return platform.Role{Config: g.Config, Addr: g.Addr, Log: p.log}.Gateway(p.ctx)
}

type serviceCmd struct {
	config.Config

	Names []string `arg:"" name:"name" help:"user, product, pricing, inventory, payment, order, notification." enum:"user,product,pricing,inventory,payment,order,notification"`
	Addr  string   `help:"Address to serve /rpc, /health, /ready and /metrics on; the first service's own port where it is not given." env:"SKALD_SERVICE_ADDR"`
}

// Run works until the process is told to stop.
func (s *serviceCmd) Run(p *process) error {
	return platform.Role{Config: s.Config, Addr: cmp.Or(s.Addr, platform.ServiceAddr(s.Names[0])), Log: p.log}.Service(p.ctx, s.Names...)
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
