// Package pgcluster runs a private Postgres cluster for the dev command and the
// tests: found on the machine or fetched, its state in one directory, its
// processes gone when their parent is. Where a server is given, it uses that.
package pgcluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const superuser = "skald_admin"

// launches bounds the tries to start: another process may take the port
// between its choice and its use.
const launches = 3

// Options say where a cluster lives and how.
type Options struct {
	// Dir holds all state. It is created.
	Dir string
	// Fsync makes what was committed survive a crash of the machine. Without
	// it, it does not even survive a kill of the server.
	Fsync bool
	// ServerURL, where it is not empty, is how a superuser reaches a running
	// server that is to be used instead of one of our own.
	ServerURL string
}

// Cluster is a running cluster.
type Cluster struct {
	dir  string
	base url.URL // how the superuser reaches the server

	roles sync.Mutex // guards the file of the roles' passwords

	// What follows is of a server of our own.
	bin    string
	owner  *owner // nil: the processes run as whoever runs this
	data   *os.File
	mu     sync.Mutex // guards server
	server *server
}

// Start starts the cluster in a directory, made at the first start. A server
// that an earlier parent left running there is stopped first.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the directory of Postgres: %w", err)
	}
	c := &Cluster{dir: dir}
	if o.ServerURL != "" {
		if err := c.use(ctx, o.ServerURL); err != nil {
			return nil, err
		}
		return c, nil
	}
	if err := c.start(ctx, o.Fsync); err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

// use takes a server that others run.
func (c *Cluster) use(ctx context.Context, serverURL string) error {
	u, err := url.Parse(serverURL)
	if err != nil || u.User == nil || u.Host == "" {
		return errors.New("the URL of the Postgres server is not of the form postgres://user:password@host:port/database")
	}
	c.base = *u
	conn, err := pgx.Connect(ctx, serverURL)
	if err != nil {
		return fmt.Errorf("connect to the given Postgres server: %w", err)
	}
	return conn.Close(ctx)
}

func (c *Cluster) start(ctx context.Context, fsync bool) (err error) {
	if c.owner, err = unprivileged(); err != nil {
		return err
	}
	if c.bin, err = binaries(c.dataDir(), c.owner); err != nil {
		return err
	}
	password, err := c.prepare(ctx, fsync)
	if err != nil {
		return err
	}
	if err := c.stopLeftover(ctx); err != nil {
		return err
	}
	for launch := 1; ; launch++ {
		err := c.launch(ctx, password, fsync)
		if err == nil {
			break
		}
		if !errors.Is(err, errEnded) || launch == launches {
			return err
		}
	}
	return c.lockDown(ctx)
}

// launch starts the server and waits until it answers.
func (c *Cluster) launch(ctx context.Context, password string, fsync bool) error {
	port, err := c.choosePort()
	if err != nil {
		return err
	}
	c.base = url.URL{
		Scheme: "postgres", User: url.UserPassword(superuser, password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), RawQuery: "sslmode=disable",
	}
	if c.server, err = c.run(port, fsync); err != nil {
		return err
	}
	for {
		conn, err := pgx.Connect(ctx, c.AdminURL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-c.server.exited:
			return c.server.failure()
		case <-ctx.Done():
			return fmt.Errorf("start Postgres: it did not get ready: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// dataDir is where the cluster's files are.
func (c *Cluster) dataDir() string { return filepath.Join(c.dir, "data") }

// LogFile is where the server writes its log; empty for a server of others.
func (c *Cluster) LogFile() string {
	if c.data == nil {
		return ""
	}
	return filepath.Join(c.dir, "postgres.log")
}

// AdminURL is how the superuser reaches a database.
func (c *Cluster) AdminURL(database string) string { return c.url(c.base.User, database) }

// url is how a role reaches a database.
func (c *Cluster) url(role *url.Userinfo, database string) string {
	u := c.base
	u.User, u.Path, u.RawPath = role, "/"+database, ""
	return u.String()
}

// Stop ends the server: connections are cut, what was committed is kept. A
// server of others goes on.
func (c *Cluster) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server != nil {
		c.server.stop()
		c.server = nil
	}
	if c.data != nil {
		_ = c.data.Close()
	}
}

// server is a running postmaster.
type server struct {
	cmd    *exec.Cmd
	exited chan struct{}
	log    string
	logged int64 // what the log held before
}

// errEnded tells a server that ended at its start.
var errEnded = errors.New("start Postgres: it ended")

// failure is what the server said before it ended.
func (s *server) failure() error {
	said, err := os.ReadFile(s.log)
	if err != nil {
		return errors.Join(errEnded, err)
	}
	said = said[min(s.logged, int64(len(said))):]
	return fmt.Errorf("%w: %s", errEnded, said[max(0, len(said)-2000):])
}

// stop asks for a fast shutdown, which lets no transaction finish but writes
// all that is committed.
func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGINT)
	select {
	case <-s.exited:
	case <-time.After(20 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.exited
	}
}
