// Package rollout_test rolls the order worker from one version to the next and back
// while orders are placed, in processes of the production binary.
package rollout_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

// rollout is a platform whose parts are processes of the production binary, its
// order workers of two versions.
type rollout struct {
	*stacktest.Bench

	temporal client.Client
	dir      string
	binaries map[string]string // by version
	running  map[string]*exec.Cmd
	product  string
}

// newRollout runs everything but order workers.
func newRollout(t *testing.T) *rollout {
	t.Helper()
	dir := t.TempDir()
	r := &rollout{dir: dir, binaries: map[string]string{}, running: map[string]*exec.Cmd{}}
	var err error
	r.binaries["v1"], err = stack.BuildSkald(t.Context(), filepath.Join(dir, "skald-v1"))
	require.NoError(t, err)
	r.binaries["v2"], err = stack.BuildSkald(t.Context(), filepath.Join(dir, "skald-v2"), "-overlay", overlay(t, dir))
	require.NoError(t, err)

	addr := stacktest.FreeAddr(t)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	dev, err := stack.Build(ctx, dir)
	require.NoError(t, err)
	s, err := stack.Start(ctx, dev, filepath.Join(dir, "data"), "--infra-only", "--addr", addr, "--action-timeout", "10m")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	r.Bench = stacktest.On(t, s)
	r.temporal = r.Temporal()
	r.process("services", r.binaries["v1"], nil, "service", "user", "product", "pricing", "inventory", "payment")
	r.process("gateway", r.binaries["v1"], nil, "gateway", "--addr", addr)
	require.Eventually(t, r.ready, time.Minute, 50*time.Millisecond)
	r.product = r.Product(1500, 1_000_000)
	return r
}

// ready tells whether the front door and all behind it are.
func (r *rollout) ready() bool {
	a, err := r.Do(context.Background(), http.MethodGet, "/ready", nil)
	return err == nil && a.Status == http.StatusOK
}

// environment is that of the processes.
func (r *rollout) environment(more ...string) []string {
	env := os.Environ()
	for name, value := range r.Stack.Environment {
		env = append(env, name+"="+value)
	}
	return append(env, more...)
}

// process runs a part of the platform until it is stopped, or the test ends.
func (r *rollout) process(name, binary string, env []string, args ...string) {
	r.Helper()
	log, err := os.Create(filepath.Join(r.dir, name+".log"))
	require.NoError(r, err)
	cmd := exec.Command(binary, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = r.environment(append(env, "SKALD_SERVICE_ADDR=127.0.0.1:0")...), log, log
	require.NoError(r, cmd.Start())
	r.running[name] = cmd
	r.Cleanup(func() { r.stop(name); _ = log.Close() })
}

// start runs an order worker of a version.
func (r *rollout) start(version string) {
	r.Helper()
	r.process(version, r.binaries[version], []string{"SKALD_BUILD_ID=" + version}, "service", "order")
}

// stop ends a part of the platform as its supervisor would.
func (r *rollout) stop(name string) {
	r.Helper()
	cmd := r.running[name]
	if cmd == nil {
		return
	}
	delete(r.running, name)
	require.NoError(r, cmd.Process.Signal(syscall.SIGTERM))
	killed := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer killed.Stop()
	if err := cmd.Wait(); err != nil {
		said := r.said(name)
		require.NoError(r, err, "%s: %s", name, said[max(0, len(said)-2000):])
	}
}

// said is the log of a part of the platform.
func (r *rollout) said(name string) string {
	r.Helper()
	said, err := os.ReadFile(filepath.Join(r.dir, name+".log"))
	require.NoError(r, err)
	return string(said)
}

// command runs the production binary to its end.
func (r *rollout) command(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, r.binaries["v1"], args...)
	cmd.Env = r.environment()
	out, err := cmd.CombinedOutput()
	return string(out), errors.Join(err, ctx.Err())
}

// version is the one that a run of the order began with; empty: none yet.
func (r *rollout) version(orderID string) string {
	r.Helper()
	h, err := stack.History(context.Background(), r.temporal, "order/"+orderID)
	require.NoError(r, err)
	for _, e := range h.Events {
		if done := e.GetWorkflowTaskCompletedEventAttributes(); done != nil {
			return done.GetDeploymentVersion().GetBuildId()
		}
	}
	return ""
}
