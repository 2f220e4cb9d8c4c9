package pgcluster

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/skaldhq/skald/internal/devstack/file"
)

// prepare makes the directory, once, and gives the superuser's password.
func (c *Cluster) prepare(ctx context.Context, fsync bool) (password string, err error) {
	if err := os.MkdirAll(c.dataDir(), 0o700); err != nil {
		return "", err
	}
	if err := c.owner.own(c.dataDir()); err != nil {
		return "", err
	}
	if c.data, err = os.Open(c.dataDir()); err != nil {
		return "", err
	}
	if password, err = c.secret(); err != nil {
		return "", err
	}
	made := filepath.Join(c.dir, "initialised")
	if _, err := os.Stat(made); err == nil {
		return password, nil
	}
	if err := c.clear(); err != nil {
		return "", err
	}
	if err := c.initialise(ctx, fsync); err != nil {
		return "", fmt.Errorf("initialise Postgres in %s: %w", c.dataDir(), err)
	}
	return password, os.WriteFile(made, nil, 0o600)
}

// initialise has Postgres make its files.
func (c *Cluster) initialise(ctx context.Context, fsync bool) error {
	path := c.secretFile()
	initdb := c.command(ctx, "initdb", "--username", superuser, "--auth", "scram-sha-256",
		"--encoding", "UTF8", "--locale", "C", "--no-instructions")
	if !fsync {
		initdb.Args = append(initdb.Args, "--no-sync")
	}
	if c.owner != nil {
		if err := c.owner.own(path); err != nil {
			return err
		}
		file, err := os.Open(path) //nolint:gosec // the operator's own directory
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		initdb.ExtraFiles = append(initdb.ExtraFiles, file)
		path = handed(len(initdb.ExtraFiles)-1, path)
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

func (c *Cluster) secretFile() string { return filepath.Join(c.dir, "admin-password") }

// secret reads or makes the superuser's password.
func (c *Cluster) secret() (string, error) {
	raw, err := os.ReadFile(c.secretFile())
	if err == nil {
		return string(raw), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	password := randomPassword()
	return password, file.Replace(c.secretFile(), []byte(password))
}

func randomPassword() string {
	b := make([]byte, 24)
	_, _ = rand.Read(b) // never fails, see crypto/rand
	return base64.RawURLEncoding.EncodeToString(b)
}

// choosePort keeps the port of the last start where it is free.
func (c *Cluster) choosePort() (int, error) {
	path := filepath.Join(c.dir, "port")
	var last int
	if raw, err := os.ReadFile(path); err == nil { //nolint:gosec // the operator's own directory
		last, _ = strconv.Atoi(string(raw))
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(last))) //nolint:noctx // closed at once
	if err != nil {
		listener, err = net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed at once
	}
	if err != nil {
		return 0, err
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		return 0, err
	}
	return port, file.Replace(path, []byte(strconv.Itoa(port)))
}
