package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/alecthomas/kong"

	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/internal/telemetry"
)

// options are the command's flags.
type options struct {
	Addr          string        `help:"Address of the front door; port 0 picks a free one." default:"127.0.0.1:8080"`
	TemporalAddr  string        `help:"Address of the Temporal server." default:"127.0.0.1:7233"`
	UIAddr        string        `help:"Address of the Temporal Web UI." default:"127.0.0.1:8233"`
	PSPAddr       string        `help:"Address of the payment simulator." default:"127.0.0.1:12111"`
	KafkaAddr     string        `help:"Address of the Kafka-compatible broker (default 127.0.0.1:9092, or a free one where that is taken)."`
	SMTPAddr      string        `name:"smtp-addr" help:"Address of the mail sink (default 127.0.0.1:1025, or a free one where that is taken)."`
	Data          string        `help:"Directory of all state." default:".skald"`
	PSPURL        string        `name:"psp-url" help:"Use another Stripe-compatible endpoint instead of the simulator (STRIPE_API_KEY, STRIPE_WEBHOOK_SECRET)."`
	MailServer    string        `help:"Use a running mail server, host:port, instead of a sink of our own."`
	KafkaBroker   string        `help:"Use a running Kafka-compatible broker, host:port, instead of one of our own."`
	PostgresURL   string        `help:"Use a running Postgres server, reached as a superuser, instead of one of our own."`
	ActionTimeout time.Duration `help:"How long a customer has to confirm a payment (3-D Secure)." default:"1m"`

	ReconcileInterval time.Duration `help:"How often order, inventory and payment are compared with the sagas." default:"1m"`
	ReconcileGrace    time.Duration `help:"How long something must have stood still to be compared." default:"30s"`

	WebhookRetries []time.Duration `help:"Pauses after each attempt of a webhook's delivery but the last." default:"5s,5m,30m,2h,5h,10h,14h,20h,24h"`

	Encrypt bool `help:"Seal the payloads at Temporal. A directory that was sealed once stays so."`

	Split    bool           `help:"Run the front door and each service as a process of its own, on the ports 8001 to 8007."`
	Replicas map[string]int `help:"With --split, how many processes of a service, as service=n." mapsep:"," placeholder:"SERVICE=N,…"`

	Limits  config.Limits  `embed:"" prefix:"limit-" envprefix:"SKALD_LIMIT_"`
	Server  config.Server  `embed:""`
	Tracing config.Tracing `embed:"" prefix:"otel-" envprefix:"OTEL_"`

	// For tests that run the services in processes of their own.
	FreePorts      bool    `hidden:"" help:"With --split, let the services listen on free ports, not on their own."`
	InfraOnly      bool    `hidden:"" help:"Run Temporal, Postgres, the broker and the payment simulator only; stack.json has the environment of skald processes."`
	TemporalFaults float64 `hidden:"" help:"The share of writes to Temporal's database that fail, are lost, or are done and then reported lost."`

	StripeKey           string `kong:"-"`
	StripeWebhookSecret string `kong:"-"`
}

// Where the broker and the mail sink listen if nobody says where.
const (
	kafkaAddr = "127.0.0.1:9092"
	smtpAddr  = "127.0.0.1:1025"
)

// startTimeout is what all of the platform together may take to get ready.
const startTimeout = 3 * time.Minute

// run runs the platform until the context ends.
func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) (err error) {
	o, err := parse(args, getenv, out)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return err
	}
	unlock, err := lock(filepath.Join(o.Data, "lock"))
	if errors.Is(err, errLocked) {
		return fmt.Errorf("another dev runs on %s: stop it, or choose another directory with --data", o.Data)
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", o.Data, err)
	}
	defer unlock()
	logFile, err := os.OpenFile(filepath.Join(o.Data, "skald.log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // the operator's own directory
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, logFile.Close()) }()

	s := &devStack{options: o, out: out, log: telemetry.NewLog(logFile, telemetry.LogJSON, slog.LevelInfo)}
	defer s.stop()
	starting, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := s.start(starting); err != nil {
		if ctx.Err() != nil {
			return nil // told to stop while it started
		}
		return err
	}
	if err := s.announce(); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		_, _ = fmt.Fprintln(out, "\nstopping")
		return nil
	case err := <-s.failed:
		return err
	}
}

// parse reads the flags, and from the environment what is secret.
func parse(args []string, getenv func(string) string, out io.Writer) (options, error) {
	var o options
	parser, err := kong.New(&o, kong.Name("dev"), kong.Description("The whole platform on one machine."), kong.Writers(out, out))
	if err != nil {
		return o, err
	}
	if _, err := parser.Parse(args); err != nil {
		return o, err
	}
	for _, addr := range []string{o.Addr, o.TemporalAddr, o.UIAddr, o.PSPAddr, cmp.Or(o.KafkaAddr, kafkaAddr), cmp.Or(o.SMTPAddr, smtpAddr)} {
		if err := loopbackOnly(addr); err != nil {
			return o, err
		}
	}
	o.StripeKey, o.StripeWebhookSecret = getenv("STRIPE_API_KEY"), getenv("STRIPE_WEBHOOK_SECRET")
	if o.PSPURL != "" && (o.StripeKey == "" || o.StripeWebhookSecret == "") {
		return o, errors.New("with --psp-url, set STRIPE_API_KEY and STRIPE_WEBHOOK_SECRET to what that provider gave you")
	}
	if err := cmp.Or(o.validateInfra(), o.validateSplit(), o.Server.Possible(), o.Tracing.Possible()); err != nil {
		return o, err
	}
	o.Data, err = filepath.Abs(o.Data)
	return o, err
}

// loopbackOnly refuses an address that others could reach: the demo's keys and
// the simulator are for this machine.
func loopbackOnly(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("%q is not an address of the form host:port", addr)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%s is not on loopback: dev is for this machine only", addr)
	}
	return nil
}
