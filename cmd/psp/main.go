// Command psp runs the payment simulator by itself, for a platform in containers
// that has no account of a provider. Nothing of it belongs into production.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/skaldhq/skald/internal/devstack/psp"
	"github.com/skaldhq/skald/services/payment/stripepay"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "psp:", err)
		os.Exit(1)
	}
}

// options are the command's flags.
type options struct {
	Addr          string `help:"Address to listen on." default:"127.0.0.1:12111" env:"PSP_ADDR"`
	Data          string `help:"Directory of the journal." default:".psp" env:"PSP_DATA"`
	PublicURL     string `name:"public-url" help:"Where customers' browsers reach the simulator." default:"http://127.0.0.1:12111" env:"PSP_PUBLIC_URL"`
	WebhookURL    string `name:"webhook-url" help:"Where the front door takes webhooks." default:"http://127.0.0.1:8080/v1/webhooks/stripe" env:"PSP_WEBHOOK_URL"`
	WebhookSecret string `help:"Secret that webhooks are signed with." required:"" env:"STRIPE_WEBHOOK_SECRET"`
}

// run serves the simulator until the context ends.
func run(ctx context.Context, args []string) (err error) {
	var o options
	parser, err := kong.New(&o, kong.Name("psp"), kong.Description("A payment provider that moves no money: docs/simulator.md."))
	if err != nil {
		return err
	}
	if _, err := parser.Parse(args); err != nil {
		return err
	}
	simulator, err := psp.New(psp.Options{
		Dir: o.Data, PublicURL: o.PublicURL, WebhookURL: o.WebhookURL, WebhookSecret: o.WebhookSecret,
		WebhookEvents: stripepay.Events(), Log: slog.New(slog.NewJSONHandler(os.Stderr, nil)),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, simulator.Close()) }()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.Addr)
	if err != nil {
		return fmt.Errorf("the address %s is not free: choose another with --addr: %w", o.Addr, err)
	}
	server := &http.Server{Handler: simulator.Handler(), ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
