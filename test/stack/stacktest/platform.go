// Package stacktest is what the tests of a running platform have in common: the
// platform itself, a test's own corner of it, and looks into its databases, its
// histories and its state at rest.
package stacktest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack"
)

// startTimeout is how long a platform may take to start, on a machine that does
// other things too.
const startTimeout = 3 * time.Minute

// ActionTimeout is what the tests give a customer to confirm a payment.
const ActionTimeout = 6 * time.Second

// Platform runs the dev command for the tests of a package. One platform is shared
// by the tests that leave what is others' alone; those that kill it have their own.
type Platform struct {
	// Args are further arguments of the one that is shared.
	Args []string
	// Dev is the dev command, once Main has built it.
	Dev string

	once   sync.Once
	dir    string
	shared *stack.Stack
	err    error
}

// Main builds the dev command, runs the tests of the package, and gives their exit
// code: whatever they did to the platform that they share, its invariants hold.
func (p *Platform) Main(m *testing.M) int {
	var err error
	if p.dir, err = os.MkdirTemp("", "skald-test-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(p.dir) }()
	if p.Dev, err = stack.Build(context.Background(), p.dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if p.shared == nil {
		return code
	}
	if err := Check(context.Background(), Inspected(p.shared)); err != nil {
		fmt.Fprintln(os.Stderr, "FAIL: invariants of the shared platform:", err)
		code = 1
	}
	if err := p.shared.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "FAIL: stop platform:", err)
		code = 1
	}
	return code
}

// Start runs a platform that nobody stops, with its state in data.
func (p *Platform) Start(data string, args ...string) (*stack.Stack, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	return stack.Start(ctx, p.Dev, data, append([]string{"--action-timeout", ActionTimeout.String()}, args...)...)
}

// Own runs a platform for one test, which ends with it, and gives a corner of it.
func (p *Platform) Own(t *testing.T, args ...string) *Bench {
	t.Helper()
	s, err := p.Start(filepath.Join(t.TempDir(), "data"), args...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	return On(t, s)
}

// Split is Own with a process a service.
func (p *Platform) Split(t *testing.T, args ...string) *Bench {
	t.Helper()
	return p.Own(t, append([]string{"--split", "--free-ports"}, args...)...)
}

// Shared gives a corner of the platform that the package's tests share.
func (p *Platform) Shared(t *testing.T) *Bench {
	t.Helper()
	p.once.Do(func() { p.shared, p.err = p.Start(filepath.Join(p.dir, "shared"), p.Args...) })
	require.NoError(t, p.err)
	return On(t, p.shared)
}
