package platform

import (
	"context"
	"log/slog"

	"github.com/alecthomas/kong"
	"go.temporal.io/sdk/interceptor"

	"github.com/skaldhq/skald/internal/config"
)

// command is the command line of a process that runs a role, for programs other
// than the production binary: gateway, or service NAME….
type command struct {
	config.Config

	Addr    string   `default:"127.0.0.1:0" env:"SKALD_ADDR"`
	Gateway struct{} `cmd:""`
	Service struct {
		Names []string `arg:""`
	} `cmd:""`
}

// Run runs the role that the arguments and the environment tell, until the
// context ends.
func Run(ctx context.Context, args []string, log *slog.Logger, interceptors ...interceptor.ClientInterceptor) error {
	var c command
	parser, err := kong.New(&c)
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return err
	}
	role := Role{Config: c.Config, Addr: c.Addr, Log: log, Interceptors: interceptors}
	if parsed.Command() == "gateway" {
		return role.Gateway(ctx)
	}
	return role.Service(ctx, c.Service.Names...)
}
