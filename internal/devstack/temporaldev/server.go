// Package temporaldev runs a Temporal server and its Web UI in this process,
// for the dev command. Its state is one SQLite file: an in-memory database
// would lose every order with the process.
package temporaldev

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/temporal"
)

// Options say where a server lives.
type Options struct {
	// Dir holds the database and the log. It is created.
	Dir string
	// Addr is where the frontend listens, host:port; port 0 picks a free one.
	Addr string
	// Namespace is created at the first start.
	Namespace string
	// SearchAttributes of the namespace, all of them keywords. Those that an
	// earlier start did not know are added.
	SearchAttributes []string
	// FairQueues are the task queues on which the tasks of each fairness key have their
	// turn.
	FairQueues []string
	// Faults is the share of writes to the database that fail: not done, or done
	// and reported as timed out. For tests.
	Faults float64
}

// Server is a running Temporal server.
type Server struct {
	Addr      string
	Namespace string
	server    temporal.Server
	ports     *block
}

// stopTimeout bounds a stop: the server waits for whoever still polls it.
const stopTimeout = 15 * time.Second

// clusterName is what a cluster of one is called.
const clusterName = "active"

// Start starts the server and waits until its namespace answers.
func Start(ctx context.Context, o Options) (*Server, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	ports, err := reserve()
	if err != nil {
		return nil, fmt.Errorf("there are no free ports from %d to %d for the Temporal server: %w", firstPort, lastPort, err)
	}
	s, err := start(ctx, o, ports)
	if err != nil {
		ports.release()
	}
	return s, err
}

func start(ctx context.Context, o Options, ports *block) (*Server, error) {
	addr, err := ports.addr(o.Addr)
	if err != nil {
		return nil, fmt.Errorf("the address %s of the Temporal server is not free: choose another with --temporal-addr: %w", o.Addr, err)
	}
	file, err := filepath.Abs(filepath.Join(o.Dir, "temporal.db"))
	if err != nil {
		return nil, err
	}
	if err := prepare(file, o); err != nil {
		return nil, fmt.Errorf("prepare Temporal's database: %w", err)
	}
	db := database(file)
	if err := forgetMembers(ctx, db); err != nil {
		return nil, fmt.Errorf("forget the last run of Temporal: %w", err)
	}
	c, err := configuration(addr, ports.take(8), db, faults(o.Faults))
	if err != nil {
		return nil, err
	}
	server, err := temporal.NewServer(
		temporal.WithConfig(c),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithLogger(log.NewZapLogger(log.BuildZapLogger(log.Config{
			Level: "error", OutputFile: filepath.Join(o.Dir, "temporal.log"),
		}))),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return authorization.NewNoopClaimMapper() }),
		temporal.WithDynamicConfigClient(settings(o.FairQueues)),
	)
	if err != nil {
		return nil, fmt.Errorf("build Temporal server: %w", err)
	}
	s := &Server{Addr: addr, Namespace: o.Namespace, server: server, ports: ports}
	if err := server.Start(); err != nil {
		s.Stop()
		return nil, fmt.Errorf("start Temporal server: %w", err)
	}
	if err := s.awaitReady(ctx, o.SearchAttributes); err != nil {
		s.Stop()
		return nil, fmt.Errorf("the Temporal server did not get ready: %w", err)
	}
	return s, nil
}

// Stop ends the server. What it has answered is in the database.
func (s *Server) Stop() {
	defer s.ports.release()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.server.Stop()
	}()
	select {
	case <-done:
	case <-time.After(stopTimeout):
	}
}
