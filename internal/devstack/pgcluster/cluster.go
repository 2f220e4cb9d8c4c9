// Package pgcluster runs a private Postgres cluster for the dev command and the
// tests: found on the machine or fetched, its state in one directory, its
// processes gone when their parent is.
package pgcluster

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const superuser = "skald_admin"

// Options say where a cluster lives and how.
type Options struct {
	// Dir holds all state. It is created.
	Dir string
	// Fsync makes what was committed survive a crash. Without it, it does not
	// even survive a kill of the server.
	Fsync bool
}

// Cluster is a running cluster.
type Cluster struct {
	dir      string
	bin      string
	port     int
	password string
	owner    *owner // nil: the processes run as whoever runs this
	data     *os.File
	server   *exec.Cmd
	exited   chan struct{}
	mu       sync.Mutex
}

// Start starts the cluster in a directory, made at the first start. A server
// that an earlier parent left running there is stopped first.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir, exited: make(chan struct{})}
	if c.owner, err = unprivileged(); err != nil {
		return nil, err
	}
	if c.bin, err = binaries(dir, c.owner); err != nil {
		return nil, err
	}
	if err := c.prepare(ctx); err != nil {
		return nil, err
	}
	if err := c.stopLeftover(ctx); err != nil {
		return nil, err
	}
	if err := c.choosePort(); err != nil {
		return nil, err
	}
	if err := c.launch(o.Fsync); err != nil {
		return nil, err
	}
	if err := c.awaitReady(ctx); err != nil {
		c.Stop()
		return nil, err
	}
	return c, c.lockDown(ctx)
}

// dataDir is where the cluster's files are.
func (c *Cluster) dataDir() string { return filepath.Join(c.dir, "data") }

// LogFile is where the server writes its log.
func (c *Cluster) LogFile() string { return filepath.Join(c.dir, "postgres.log") }

// url is how a role reaches a database.
func (c *Cluster) url(role, password, database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(role, password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)), Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// AdminURL is how the superuser reaches a database.
func (c *Cluster) AdminURL(database string) string { return c.url(superuser, c.password, database) }

// prepare makes the directory and initialises the cluster in it, once.
func (c *Cluster) prepare(ctx context.Context) error {
	if err := os.MkdirAll(c.dataDir(), 0o700); err != nil {
		return err
	}
	if err := c.owner.own(c.dataDir()); err != nil {
		return err
	}
	var err error
	if c.data, err = os.Open(c.dataDir()); err != nil {
		return err
	}
	if c.password, err = c.secret(); err != nil {
		return err
	}
	made := filepath.Join(c.dir, "initialised")
	if _, err := os.Stat(made); err == nil {
		return nil
	}
	if err := c.clear(); err != nil {
		return err
	}
	if err := c.initialise(ctx); err != nil {
		return fmt.Errorf("initialise Postgres in %s: %w", c.dataDir(), err)
	}
	return os.WriteFile(made, nil, 0o600)
}

func (c *Cluster) initialise(ctx context.Context) error {
	path := filepath.Join(c.dir, "admin-password")
	if err := c.owner.own(path); err != nil {
		return err
	}
	initdb := c.command(ctx, "initdb", "--username", superuser, "--auth", "scram-sha-256",
		"--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions")
	if c.owner != nil {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		initdb.ExtraFiles = append(initdb.ExtraFiles, file)
		path = "/proc/self/fd/4"
	}
	initdb.Args = append(initdb.Args, "--pwfile", path)
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// clear removes what an interrupted initialisation left behind.
func (c *Cluster) clear() error {
	entries, err := os.ReadDir(c.dataDir())
	for _, e := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(c.dataDir(), e.Name())))
	}
	return err
}

// secret reads or makes the superuser's password.
func (c *Cluster) secret() (string, error) {
	path := filepath.Join(c.dir, "admin-password")
	if raw, err := os.ReadFile(path); err == nil {
		return string(raw), nil
	}
	password := randomPassword()
	return password, os.WriteFile(path, []byte(password), 0o600)
}

func randomPassword() string {
	b := make([]byte, 24)
	_, _ = rand.Read(b) // never fails, see crypto/rand
	return base64.RawURLEncoding.EncodeToString(b)
}

// choosePort keeps the port of the last start where it is free.
func (c *Cluster) choosePort() error {
	path := filepath.Join(c.dir, "port")
	var last int
	if raw, err := os.ReadFile(path); err == nil {
		last, _ = strconv.Atoi(string(raw))
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(last))) //nolint:noctx // closed at once
	if err != nil {
		listener, err = net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed at once
	}
	if err != nil {
		return err
	}
	c.port = listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(strconv.Itoa(c.port)), 0o600)
}

// stopLeftover stops the server that a killed parent left behind.
func (c *Cluster) stopLeftover(ctx context.Context) error {
	pid := c.postmaster()
	if pid == 0 {
		return nil
	}
	_ = syscall.Kill(pid, syscall.SIGINT) // fast shutdown, unless it has just gone
	for c.postmaster() != 0 && syscall.Kill(pid, 0) == nil {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the Postgres with process id %d that still runs in %s did not stop: stop it by hand", pid, c.dataDir())
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil
}

// postmaster is the process that serves the directory; 0 where none does.
func (c *Cluster) postmaster() int {
	raw, err := os.ReadFile(filepath.Join(c.dataDir(), "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || !isPostgres(pid) {
		return 0
	}
	return pid
}

func (c *Cluster) awaitReady(ctx context.Context) error {
	for {
		conn, err := pgx.Connect(ctx, c.AdminURL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-c.exited:
			log, _ := os.ReadFile(c.LogFile())
			return fmt.Errorf("start Postgres: it ended: %s", tail(string(log)))
		case <-ctx.Done():
			return fmt.Errorf("start Postgres: it did not get ready: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func tail(s string) string { return s[max(0, len(s)-2000):] }

// Stop ends the server: connections are cut, what was committed is kept.
func (c *Cluster) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server == nil {
		return
	}
	_ = c.server.Process.Signal(syscall.SIGINT)
	select {
	case <-c.exited:
	case <-time.After(20 * time.Second):
		_ = c.server.Process.Kill()
		<-c.exited
	}
	c.server = nil
	_ = c.data.Close()
}
