// Package e2e_test uses the whole platform as a client does: HTTP, stack.json,
// SQL, the provider's log, workflow histories.
package e2e_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack"
)

// actionTimeout is what the tests give a customer to confirm a payment.
const actionTimeout = 6 * time.Second

// platform is built once for the package, and runs once for the tests that
// share one; those that kill it start their own.
var platform struct {
	binary string
	shared func() (*stack.Stack, error)
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if code, is := beBroker(); is {
		return code
	}
	dir, err := os.MkdirTemp("", "skald-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if platform.binary, err = stack.Build(context.Background(), dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var started *stack.Stack
	platform.shared = sync.OnceValues(func() (*stack.Stack, error) {
		s, err := start(dir + "/shared")
		started = s
		return s, err
	})
	code := m.Run()
	if started == nil {
		return code
	}
	// Whatever the tests did to the platform that they share, this holds.
	if err := check(context.Background(), started); err != nil {
		fmt.Fprintln(os.Stderr, "FAIL: invariants of the shared platform:", err)
		code = 1
	}
	if err := started.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "FAIL: stop platform:", err)
		code = 1
	}
	return code
}

func start(data string) (*stack.Stack, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	return stack.Start(ctx, platform.binary, data, "--action-timeout", actionTimeout.String(), "--webhook-retries", webhookRetries)
}

// shared is the platform that most tests share. They leave products of others
// alone, and so can run at the same time.
func shared(t *testing.T) *stack.Stack {
	t.Helper()
	s, err := platform.shared()
	require.NoError(t, err)
	return s
}
