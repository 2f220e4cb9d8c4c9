package stacktest

import (
	"context"
	"encoding/json"
	"net/http"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack"
)

// Fetch asks a service's own process.
func (b *Bench) Fetch(service, path string) []byte {
	b.Helper()
	process := stack.Shop{URL: b.Stack.Process(service).URL, HTTP: http.DefaultClient}
	a, err := process.Do(context.Background(), http.MethodGet, path, nil)
	require.NoError(b, err)
	require.Equal(b, http.StatusOK, a.Status)
	return a.Body
}

// StartAgain runs the command of a process that was killed, with more arguments. It
// ends with the test at the latest.
func (b *Bench) StartAgain(p stack.Process, args ...string) (kill func()) {
	b.Helper()
	cmd := exec.Command(p.Command[0], append(slices.Clone(p.Command[1:]), args...)...) //nolint:noctx // killed
	kill, err := Launch(b.T, cmd)
	require.NoError(b, err)
	return kill
}

// RequireReady waits until the front door tells how a service stands, once requests
// have met it.
func (b *Bench) RequireReady(service, breaker string, asked map[string]string) {
	b.Helper()
	var found struct {
		Checks map[string]struct{ Status, Breaker string }
	}
	require.Eventually(b, func() bool {
		for _, path := range asked {
			_, err := b.Do(context.Background(), http.MethodGet, path, nil)
			require.NoError(b, err)
		}
		a, err := b.Do(context.Background(), http.MethodGet, "/ready", nil)
		require.NoError(b, err)
		require.NoError(b, json.Unmarshal(a.Body, &found))
		is := found.Checks[service]
		return is.Breaker == breaker && (is.Status == "ok") == (breaker == "closed") && (a.Status == http.StatusOK) == (breaker == "closed")
	}, 30*time.Second, 100*time.Millisecond, "%s: %v", service, found)
	for name, check := range found.Checks {
		require.Equal(b, name == service && breaker == "open", check.Status != "ok", "%s while %s is %s", name, service, breaker)
	}
}

// Launch starts a process that ends with the test at the latest.
func Launch(t *testing.T, cmd *exec.Cmd) (kill func(), err error) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	kill = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	return kill, nil
}
