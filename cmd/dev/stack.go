package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/skaldhq/skald/cmd/internal/platform"
	"github.com/skaldhq/skald/db"
	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/internal/devstack/pgcluster"
	"github.com/skaldhq/skald/internal/devstack/psp"
	"github.com/skaldhq/skald/internal/devstack/temporaldev"
	"github.com/skaldhq/skald/services/payment/stripepay"
	"github.com/skaldhq/skald/workers"
	"github.com/skaldhq/skald/workflows"
)

// devStack is everything that the command runs.
type devStack struct {
	options options
	out     io.Writer
	log     *slog.Logger
	failed  chan error

	info  info
	demo  *demo
	codec net.Listener // of payloads, for the Web UI; nil: they are plain
	mu    sync.Mutex
	stops []func() // in the order of the starts
}

// info is what stack.json tells.
type info struct {
	FrontDoor  string `json:"front_door"`
	Temporal   string `json:"temporal"`
	TemporalUI string `json:"temporal_ui"`
	PSP        string `json:"psp"`
	Kafka      string `json:"kafka"`
	SMTP       string `json:"smtp"`
	// Codec is where the Temporal Web UI has payloads opened, if they are sealed.
	Codec     string            `json:"codec,omitempty"`
	Databases map[string]string `json:"databases"`
	APIKeys   map[string]string `json:"api_keys"`
	Users     map[string]string `json:"users"`
	// Processes are those beside this one, with --split.
	Processes []processInfo `json:"processes,omitempty"`
	// Environment is what they need, with --split and --infra-only.
	Environment map[string]string `json:"environment,omitempty"`
}

// eventsKept is how long events stay in the outboxes.
const eventsKept = 7 * 24 * time.Hour

// namespace is the one of the Temporal server.
const namespace = "default"

func (s *devStack) start(ctx context.Context) (err error) {
	s.failed = make(chan error, 4)
	if s.demo, err = loadDemo(s.options.Data); err != nil {
		return err
	}
	if s.options.Encrypt {
		if err = s.demo.encrypt(s.options.Data); err != nil {
			return err
		}
	}
	s.info.APIKeys, s.info.Users = s.demo.APIKeys, s.demo.Users
	if err = s.listenCodec(ctx); err != nil {
		return err
	}

	door, err := s.openDoor(ctx)
	if err != nil {
		return err
	}
	var temporal *temporaldev.Server
	c := config.Config{
		Databases: map[string]config.Secret{}, ActionTimeout: s.options.ActionTimeout, Temporal: config.Temporal{Namespace: namespace},
		Reconcile:  config.Reconcile{Interval: s.options.ReconcileInterval, Grace: s.options.ReconcileGrace},
		KeepEvents: eventsKept,
		Notices:    config.Notices{Inbox: eventsKept, Ended: eventsKept},
		Payloads:   s.demo.payloads(),
		Webhooks:   s.webhooks(),
		Limits:     s.options.Limits,
		Server:     s.options.Server,
		Tracing:    s.options.Tracing,
		Auth:       config.Auth{KeySecret: config.Secret(s.demo.KeySecret)},
		BuildID:    workers.Unversioned, // whoever changes the code and starts again wants to see the change
	}
	err = s.together(
		part{"Postgres", func() error { return s.startPostgres(ctx, &c) }},
		part{"Temporal", func() (err error) { temporal, err = s.startTemporal(ctx); return err }},
		part{"broker", func() error { return s.startBroker(&c) }},
		part{"mail sink", func() error { return s.startMail(&c) }},
		part{"payment simulator", func() error { return s.startProvider(ctx, &c) }},
	)
	if err != nil {
		return err
	}
	if door != nil {
		return s.step("services and front door", func() error { return s.startPlatform(ctx, c, temporal, door) })
	}
	if err = s.serveCodecAlone(ctx, c); err != nil {
		return err
	}
	if s.options.Split {
		return s.step("services and front door", func() error { return s.startSplit(ctx, c) })
	}
	return s.step("catalogue", func() error { return s.prepareOnly(ctx, c) })
}

// openDoor listens where the front door will be; nil: it is another process's.
func (s *devStack) openDoor(ctx context.Context) (net.Listener, error) {
	if s.options.Split {
		addr, err := fixed(ctx, s.options.Addr)
		if err != nil {
			return nil, err
		}
		s.options.Addr = addr
	}
	if s.options.InfraOnly || s.options.Split {
		s.info.FrontDoor = "http://" + s.options.Addr
		return nil, nil //nolint:nilnil // nil is another's, by the comment
	}
	door, err := listen(ctx, s.options.Addr, "--addr")
	if err != nil {
		return nil, err
	}
	s.info.FrontDoor = "http://" + door.Addr().String()
	s.onStop(func() { _ = door.Close() })
	return door, nil
}

// part is something that starts by itself.
type part struct {
	name  string
	start func() error
}

// together starts parts side by side.
func (s *devStack) together(parts ...part) error {
	errs := make([]error, len(parts))
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i, p := range parts {
		wg.Go(func() {
			begun := time.Now()
			errs[i] = p.start()
			mu.Lock()
			defer mu.Unlock()
			s.tell(p.name, begun, errs[i])
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (s *devStack) step(name string, start func() error) error {
	begun := time.Now()
	err := start()
	s.tell(name, begun, err)
	return err
}

func (s *devStack) tell(name string, begun time.Time, err error) {
	if err == nil {
		_, _ = fmt.Fprintf(s.out, "  %-24s %5.1f s\n", name, time.Since(begun).Seconds())
	}
}

func (s *devStack) startPostgres(ctx context.Context, c *config.Config) error {
	cluster, err := pgcluster.Start(ctx, pgcluster.Options{
		Dir: filepath.Join(s.options.Data, "postgres"), Fsync: true, ServerURL: s.options.PostgresURL,
	})
	if err != nil {
		return err
	}
	s.onStop(cluster.Stop)
	databases := map[string]string{}
	for _, name := range db.Services() {
		if databases[name], err = cluster.Provision(ctx, name); err != nil {
			return err
		}
		c.Databases[name] = config.Secret(databases[name])
	}
	s.info.Databases = databases
	return platform.Migrate(ctx, *c, func(string, int) {}, db.Services()...)
}

func (s *devStack) startTemporal(ctx context.Context) (*temporaldev.Server, error) {
	server, err := temporaldev.Start(ctx, temporaldev.Options{
		Dir: filepath.Join(s.options.Data, "temporal"), Addr: s.options.TemporalAddr,
		Namespace: namespace, SearchAttributes: workflows.SearchAttributes(), Faults: s.options.TemporalFaults,
		FairQueues: []string{workflows.QueueNotification},
	})
	if err != nil {
		return nil, err
	}
	s.onStop(server.Stop)
	ui, err := temporaldev.StartUI(ctx, s.options.UIAddr, server, s.info.Codec)
	if err != nil {
		return nil, err
	}
	s.onStop(ui.Stop)
	s.info.Temporal, s.info.TemporalUI = server.Addr, ui.URL
	return server, nil
}

// startProvider runs the payment simulator, unless another provider is named.
func (s *devStack) startProvider(ctx context.Context, c *config.Config) error {
	if s.options.PSPURL != "" {
		s.info.PSP = s.options.PSPURL
		c.Stripe = config.Stripe{
			URL: s.options.PSPURL, Key: config.Secret(s.options.StripeKey), WebhookSecret: config.Secret(s.options.StripeWebhookSecret),
			ReturnURL: s.info.FrontDoor,
		}
		return nil
	}
	listener, err := listen(ctx, s.options.PSPAddr, "--psp-addr")
	if err != nil {
		return err
	}
	s.info.PSP = "http://" + listener.Addr().String()
	simulator, err := psp.New(psp.Options{
		Dir: filepath.Join(s.options.Data, "psp"), PublicURL: s.info.PSP,
		WebhookURL: s.info.FrontDoor + "/v1/webhooks/stripe", WebhookSecret: s.demo.Webhook,
		WebhookEvents: stripepay.Events(), Log: s.log,
	})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server := &http.Server{Handler: simulator.Handler(), ReadHeaderTimeout: 5 * time.Second}
	go s.watch("payment simulator", func() error { return server.Serve(listener) })
	s.onStop(func() { _ = server.Close(); _ = simulator.Close() })
	c.Stripe = config.Stripe{URL: s.info.PSP, Key: "sk_test_simulated", WebhookSecret: config.Secret(s.demo.Webhook), ReturnURL: s.info.FrontDoor}
	return nil
}

// onStop keeps what ends a part that has started.
func (s *devStack) onStop(stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stops = append(s.stops, stop)
}

// stop ends every part, the last started first.
func (s *devStack) stop() {
	for _, stop := range slices.Backward(s.stops) {
		stop()
	}
}

// watch ends the command when a part of it fails.
func (s *devStack) watch(name string, run func() error) {
	if err := run(); err != nil && !errors.Is(err, http.ErrServerClosed) {
		s.failed <- fmt.Errorf("%s: %w", name, err)
	}
}

func listen(ctx context.Context, addr, flag string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("the address %s is not free: choose another with %s: %w", addr, flag, err)
	}
	return l, nil
}
