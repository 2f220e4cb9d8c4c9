package pgcluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
)

// command runs one of Postgres's programs on the cluster's directory.
//
// Postgres refuses to run as root, and the user it runs as instead may not be
// able to reach the directory, which can lie below one that only root may
// enter. So root opens the directory and hands it over, and Postgres is told
// the name that an open file has of its own.
func (c *Cluster) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	dir := c.dataDir()
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin, program)) //nolint:gosec // found by binaries
	if c.owner != nil {
		cmd.ExtraFiles = []*os.File{c.data}
		dir = handed(0, dir)
		cmd.Dir = "/"
		cmd.Env = append(os.Environ(), "HOME=/")
	}
	cmd.Args = append(cmd.Args, append([]string{"-D", dir}, args...)...)
	cmd.SysProcAttr = c.owner.attributes()
	return cmd
}

// run starts the server. It lives no longer than this process: see attributes.
func (c *Cluster) run(port int, fsync bool) (*server, error) {
	log, err := os.OpenFile(c.LogFile(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	s := &server{exited: make(chan struct{}), log: c.LogFile()}
	if info, err := log.Stat(); err == nil {
		s.logged = info.Size()
	}
	settings := map[string]string{
		"port": strconv.Itoa(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": "",
		"max_connections": "300", "shared_buffers": "128MB", "password_encryption": "scram-sha-256",
		"fsync": onOff(fsync), "full_page_writes": onOff(fsync), "synchronous_commit": onOff(fsync),
		"timezone": "UTC", "log_timezone": "UTC", "deadlock_timeout": "500ms", "max_wal_size": "2GB",
		"autovacuum_naptime": "10s", "jit": "off",
		"log_error_verbosity": "terse", // a constraint's detail has the row's values: addresses
	}
	var args []string
	for name, value := range settings {
		args = append(args, "-c", name+"="+value)
	}
	s.cmd = c.command(context.Background(), "postgres", args...) //nolint:contextcheck // it outlives the call
	s.cmd.Stdout, s.cmd.Stderr = log, log
	started := make(chan error, 1)
	go func() {
		// The kernel signals the child when the thread that made it ends, so
		// that thread must live as long as the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer func() { _ = log.Close() }()
		err := s.cmd.Start()
		started <- err
		if err == nil {
			_ = s.cmd.Wait()
		}
		close(s.exited)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start Postgres: %w", err)
	}
	return s, nil
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}
