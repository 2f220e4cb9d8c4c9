// Command crash is a process of the platform that kills itself where it is told,
// for tests of what survives that. It is the skald command's gateway and service
// with an interceptor at Temporal's client; nothing of it is in the product.
//
// A point is the name of an activity or of what the front door asks of Temporal
// (StartWorkflow), and "before" or "after". A point is armed by a file of its
// name in the directory that SKALD_CRASH_POINTS names, and strikes once.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"

	"github.com/alecthomas/kong"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/cmd/internal/platform"
	"github.com/skaldhq/skald/db"
	"github.com/skaldhq/skald/internal/config"
)

type cli struct {
	config.Config

	Points  string `required:"" env:"SKALD_CRASH_POINTS"`
	Gateway struct {
		Addr string `required:"" env:"SKALD_ADDR"`
	} `cmd:""`
	Service struct {
		Names []string `arg:""`
	} `cmd:""`
}

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "crash:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	var c cli
	parser, err := kong.New(&c)
	if err != nil {
		return err
	}
	command, err := parser.Parse(args)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	services := c.Service.Names
	if command.Command() == "gateway" {
		services = db.Services()
	}
	p, err := platform.Open(ctx, c.Config, log, services...)
	if err != nil {
		return err
	}
	defer p.Close()
	tc, err := client.DialContext(ctx, client.Options{
		HostPort: c.Temporal.Address, Namespace: c.Temporal.Namespace, Logger: sdklog.NewStructuredLogger(log),
		Interceptors: []interceptor.ClientInterceptor{&crashing{points: points(c.Points)}},
	})
	if err != nil {
		return err
	}
	defer tc.Close()
	if command.Command() != "gateway" {
		return p.Work(ctx, tc)
	}
	handler, err := p.FrontDoor(tc, nil)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Gateway.Addr)
	if err != nil {
		return err
	}
	return api.Serve(ctx, listener, handler)
}
