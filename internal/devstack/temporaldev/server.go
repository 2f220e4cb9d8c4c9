// Package temporaldev runs a Temporal server and its Web UI in this process,
// for the dev command. Its state is one SQLite file: an in-memory database
// would lose every order with the process.
package temporaldev

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/schema/sqlite"
	"go.temporal.io/server/temporal"
)

// Options say where a server lives.
type Options struct {
	// Dir holds the database and the log. It is created.
	Dir string
	// Addr is where the frontend listens, host:port; port 0 picks a free one.
	Addr string
	// Namespace is created at the first start, with the search attributes, all
	// of them keywords.
	Namespace        string
	SearchAttributes []string
}

// Server is a running Temporal server.
type Server struct {
	Addr      string
	Namespace string
	server    temporal.Server
}

// clusterName is what a cluster of one is called.
const clusterName = "active"

// Start starts the server and waits until its namespace answers.
func Start(ctx context.Context, o Options) (*Server, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	addr, err := freeAddr(o.Addr)
	if err != nil {
		return nil, fmt.Errorf("the address %s of the Temporal server is not free: choose another with --temporal-addr: %w", o.Addr, err)
	}
	db := database(filepath.Join(o.Dir, "temporal.db"))
	if err := prepare(db, o); err != nil {
		return nil, fmt.Errorf("prepare Temporal's database: %w", err)
	}
	c, err := configuration(addr, db)
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
		temporal.WithDynamicConfigClient(settings()),
	)
	if err != nil {
		return nil, fmt.Errorf("build Temporal server: %w", err)
	}
	if err := server.Start(); err != nil {
		return nil, fmt.Errorf("start Temporal server: %w", err)
	}
	s := &Server{Addr: addr, Namespace: o.Namespace, server: server}
	if err := s.awaitReady(ctx); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// prepare makes the database's schema and its namespace, once. The file gets
// its name when it is whole.
func prepare(db *config.SQL, o Options) error {
	_, err := os.Stat(db.DatabaseName)
	if err == nil {
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	draft := database(db.DatabaseName + ".new")
	delete(draft.ConnectAttributes, "journal_mode") // so that it is one file
	if err := os.Remove(draft.DatabaseName); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := sqlite.SetupSchema(draft); err != nil {
		return err
	}
	attributes := map[string]enums.IndexedValueType{}
	for _, name := range o.SearchAttributes {
		attributes[name] = enums.INDEXED_VALUE_TYPE_KEYWORD
	}
	namespace, err := sqlite.NewNamespaceConfig(clusterName, o.Namespace, false, attributes)
	if err != nil {
		return err
	}
	if err := sqlite.CreateNamespaces(draft, namespace); err != nil {
		return err
	}
	return os.Rename(draft.DatabaseName, db.DatabaseName)
}

func (s *Server) awaitReady(ctx context.Context) error {
	var c client.Client
	for {
		var err error
		if c == nil {
			c, err = client.DialContext(ctx, client.Options{HostPort: s.Addr, Namespace: s.Namespace, Logger: quiet{}})
		}
		if err == nil {
			_, err = c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: s.Namespace})
		}
		if err == nil {
			// Visibility is the last to come up.
			_, err = c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: s.Namespace})
		}
		if err == nil {
			c.Close()
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the Temporal server did not get ready: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Stop ends the server.
func (s *Server) Stop() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.server.Stop()
	}()
	select {
	case <-done:
	case <-time.After(15 * time.Second): // what is not said by then is in the database
	}
}

// quiet keeps the SDK's complaints about a server that is not up yet to itself.
type quiet struct{}

var _ sdklog.Logger = quiet{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}
