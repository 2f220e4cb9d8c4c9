// Package images_test runs what the images have in them as a container would:
// built by the Dockerfile's own script, alone in an empty file system, as a user
// without rights.
package images_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack"
)

const root = "../.." // of the repository

// nonroot is the user of the images, by distroless.
const nonroot = 65532

// image is a directory with nothing but the binary.
type image struct{ dir string }

// build builds the production binary as the Dockerfile does.
func build(t *testing.T) image {
	t.Helper()
	dir := t.TempDir()
	out, err := exec.CommandContext(t.Context(), root+"/deploy/build", "skald", filepath.Join(dir, "skald")).CombinedOutput()
	require.NoError(t, err, "%s", out)
	// What every container has of /proc and a worker reads: it tells Temporal the
	// checksum of its binary.
	self := filepath.Join(dir, "proc", "self")
	require.NoError(t, os.MkdirAll(self, 0o755))
	require.NoError(t, os.Symlink("/skald", filepath.Join(self, "exe")))
	return image{dir: dir}
}

// command is the binary's with this environment and no other. Where the test may,
// the directory is all that the process sees of the file system.
func (i image) command(env map[string]string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(i.dir, "skald"), args...)
	cmd.SysProcAttr = stack.Attributes()
	if os.Geteuid() == 0 {
		cmd.Path, cmd.Dir, cmd.SysProcAttr.Chroot = "/skald", "/", i.dir
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nonroot, Gid: nonroot}
	}
	cmd.Env = []string{}
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// once runs a command that ends, and gives what it prints.
func (i image) once(t *testing.T, env map[string]string, args ...string) string {
	t.Helper()
	out, err := i.tried(env, args...)
	require.NoError(t, err, "%s", args)
	return out
}

func (i image) tried(env map[string]string, args ...string) (string, error) {
	var out, log bytes.Buffer
	cmd := i.command(env, args...)
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, log.String())
	}
	return out.String(), nil
}

// process is a role that runs.
type process struct {
	URL string

	cmd    *exec.Cmd
	log    safe
	exited chan struct{}
	err    error // how it ended, once it has
}

// safe is what a process said so far.
type safe struct {
	mu   sync.Mutex
	said bytes.Buffer
}

func (s *safe) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.Write(p)
}

func (s *safe) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.String()
}

// start starts a role at an address.
func (i image) start(t *testing.T, addr string, env map[string]string, args ...string) *process {
	t.Helper()
	p := &process{URL: "http://" + addr, cmd: i.command(env, args...), exited: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // see stack.Attributes
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		if started <- err; err == nil {
			p.err = p.cmd.Wait()
			close(p.exited)
		}
	}()
	require.NoError(t, <-started)
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended
		<-p.exited
		if t.Failed() {
			t.Logf("%s said:\n%s", args, p.log.String())
		}
	})
	return p
}

// requireAnswer waits until a path answers with 200.
func (p *process) requireAnswer(t *testing.T, path string) {
	t.Helper()
	require.Eventually(t, func() bool {
		select {
		case <-p.exited:
			return true // told below
		default:
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+path, nil)
		if err != nil {
			return false
		}
		response, err := http.DefaultClient.Do(request)
		return err == nil && response.Body.Close() == nil && response.StatusCode == http.StatusOK
	}, 2*time.Minute, 50*time.Millisecond, "%s%s does not answer 200\n%s", p.URL, path, &p.log)
	select {
	case <-p.exited:
		t.Fatalf("%s has ended: %v\n%s", p.URL, p.err, &p.log)
	default:
	}
}

// grace is what Kubernetes and compose give a process to end.
const grace = 30 * time.Second

// stop ends the process as they do, and checks that it does so in time and well.
func (p *process) stop(t *testing.T) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-p.exited:
		require.NoError(t, p.err, "%s\n%s", p.URL, &p.log)
	case <-time.After(grace):
		t.Fatalf("%s has not ended in %s\n%s", p.URL, grace, &p.log)
	}
}
