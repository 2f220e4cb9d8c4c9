package chaos_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/checker"
	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

// actionTimeout is what a customer has to confirm a payment.
const actionTimeout = 12 * time.Second

// world is a platform in pieces: the infrastructure (Temporal, Postgres, the
// payment simulator) in one process with its Postgres beside it, and the
// platform's own processes, all reached through a network that can fail.
type world struct {
	*testing.T
	dir      string
	doors    []string // addresses of the gateways
	temporal string   // address of Temporal, past the network
	psp      string
	kafka    string
	network  *network
	clients  *checker.Clients
	refusals refusals

	// restarting is held by who restarts the infrastructure, and shared by who
	// needs it to be there.
	restarting sync.RWMutex
	infra      *stack.Stack

	links     links
	processes []*process
}

// roles are the platform's processes: the services of each, two of those that
// a frozen one must be replaced by.
func roles() map[string][]string {
	return map[string][]string{
		"order-1": {"order"}, "order-2": {"order"},
		"inventory-1": {"inventory"}, "inventory-2": {"inventory"},
		"payment-1": {"payment"}, "payment-2": {"payment"},
		"user-pricing-1": {"user", "product", "pricing"}, "user-pricing-2": {"user", "product", "pricing"},
	}
}

// newWorld starts all of it, with a binary for the platform's own processes.
func newWorld(t *testing.T, binary string, env ...string) *world {
	t.Helper()
	w := &world{T: t, dir: t.TempDir(), links: links{used: map[string]bool{}}, network: newNetwork(), clients: &checker.Clients{}}
	w.doors = []string{stacktest.FreeAddr(t), stacktest.FreeAddr(t)}
	w.temporal, w.psp, w.kafka = stacktest.FreeAddr(t), stacktest.FreeAddr(t), stacktest.FreeAddr(t)
	t.Cleanup(w.close)
	require.NoError(t, w.startInfra(0))
	env = slices.Concat(env, w.environment(), []string{"SKALD_SERVICE_ADDR=127.0.0.1:0"})
	for i, addr := range w.doors {
		w.run(binary, fmt.Sprintf("gateway-%d", i+1), slices.Concat(env, []string{"SKALD_ADDR=" + addr}), "gateway")
	}
	for name, services := range roles() {
		w.run(binary, name, env, append([]string{"service"}, services...)...)
	}
	for _, addr := range w.doors {
		require.Eventually(t, func() bool { return answers("http://" + addr + "/ready") }, time.Minute, 100*time.Millisecond, "gateway %s\n%s", addr, w.logs())
	}
	return w
}

func (w *world) run(binary, name string, env []string, args ...string) {
	w.processes = append(w.processes, supervise(name, w.dir, binary, env, args...))
}

// named are the processes whose names begin so.
func (w *world) named(prefixes ...string) (found []*process) {
	for _, p := range w.processes {
		if slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(p.name, prefix) }) {
			found = append(found, p)
		}
	}
	return found
}

// startInfra starts the infrastructure on the same addresses and data, and leads
// the network to it.
func (w *world) startInfra(temporalFaults float64) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	s, err := stack.Start(ctx, binaries.dev, filepath.Join(w.dir, "data"), "--infra-only", "--addr", w.doors[0],
		"--temporal-addr", w.temporal, "--psp-addr", w.psp, "--kafka-addr", w.kafka, "--action-timeout", actionTimeout.String(),
		"--temporal-faults", fmt.Sprint(temporalFaults))
	if err != nil {
		return err
	}
	w.infra = s
	for service, url := range s.Databases {
		if _, err := w.network.rewriteURL(service, url); err != nil {
			return err
		}
	}
	_, err = w.network.link(temporalLink, s.Temporal)
	return err
}

// environment is the platform's configuration, by way of the network.
func (w *world) environment() []string {
	env := maps.Clone(w.infra.Environment)
	var databases []string
	for service, url := range w.infra.Databases {
		through, err := w.network.rewriteURL(service, url)
		require.NoError(w, err)
		databases = append(databases, service+"="+through)
	}
	env["SKALD_DATABASES"] = strings.Join(databases, ";")
	env["TEMPORAL_ADDRESS"] = w.network.proxies[temporalLink].Listen
	env["SKALD_LOG_LEVEL"] = "warn"
	var list []string
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	return list
}

// platform is what the checker judges.
func (w *world) platform() checker.Platform {
	return checker.Platform{
		Databases: w.infra.Databases, PSP: w.infra.PSP, Temporal: w.infra.Temporal, Kafka: w.infra.Kafka, Clients: w.clients,
		Secrets: []string{w.infra.Environment["STRIPE_API_KEY"], w.infra.Environment["STRIPE_WEBHOOK_SECRET"]},
	}
}

func (w *world) close() {
	for _, p := range w.processes {
		p.stop()
	}
	w.network.close()
	if w.infra != nil {
		w.infra.Kill()
	}
}

// logs are the ends of what the processes said.
func (w *world) logs() (said string) {
	files, _ := filepath.Glob(filepath.Join(w.dir, "*.log"))
	for _, f := range files {
		raw, _ := os.ReadFile(f)
		said += filepath.Base(f) + ": " + string(raw[max(0, len(raw)-1500):]) + "\n"
	}
	return said
}

func answers(url string) bool {
	client := http.Client{Timeout: 2 * time.Second}
	response, err := client.Get(url)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// refusals are the requests that got no answer to go by, by what they asked for.
type refusals struct {
	mu    sync.Mutex
	times map[string][]time.Time
}

func (r *refusals) note(kind string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.times == nil {
		r.times = map[string][]time.Time{}
	}
	r.times[kind] = append(r.times[kind], time.Now())
}
