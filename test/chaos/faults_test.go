package chaos_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"syscall"
	"time"
)

// strike causes a fault and ends it again, and tells what it hit. One that had to
// wait for its turn tells when it began.
type strike func(ctx context.Context, w *world, r *rand.Rand, began func()) (target string, err error)

// kinds are the faults, by name.
func kinds() map[string]strike {
	return map[string]strike{
		"kill worker":            killWorker,
		"kill front door":        killFrontDoor,
		"freeze worker":          freezeWorker,
		"freeze front door":      freezeFrontDoor,
		"kill infrastructure":    killInfrastructure,
		"temporal storage fails": temporalStorageFails,
		"cut temporal":           cutTemporal,
		"crash postgres":         crashPostgres,
		"end connections":        endConnections,
		"hold row locks":         holdRowLocks,
		"cut postgres":           cutPostgres,
		"slow postgres":          slowPostgres,
		"lose answers":           loseAnswers,
		"cut answers":            cutAnswers,
		"provider hangs":         providerFails("hang_before", "hang_after"),
		"provider errs":          providerFails("error_before", "error_after"),
		"provider is late":       providerFails("delay", "late_effect"),
		"provider webhooks":      providerFails("duplicate_webhook", "drop_webhook"),
	}
}

// between gives a duration of a range.
func between(r *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(r.Int64N(int64(to-from)))
}

// last waits as long as a fault is to last.
func last(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func killWorker(ctx context.Context, w *world, r *rand.Rand, _ func()) (string, error) {
	workers := w.named("order", "inventory", "payment", "user")
	p := workers[r.IntN(len(workers))]
	p.signal(syscall.SIGKILL)
	last(ctx, between(r, time.Second, 2*time.Second))
	return p.name, nil
}

func killFrontDoor(ctx context.Context, w *world, r *rand.Rand, _ func()) (string, error) {
	doors := w.named("gateway")
	p := doors[r.IntN(len(doors))]
	p.signal(syscall.SIGKILL)
	last(ctx, between(r, time.Second, 2*time.Second))
	return p.name, nil
}

// freezeWorker makes a zombie: it is stopped for longer than an attempt may
// take, so that another worker takes its tasks, and then goes on with them.
func freezeWorker(ctx context.Context, w *world, r *rand.Rand, _ func()) (string, error) {
	role := []struct {
		prefix  string
		attempt time.Duration // the longest start-to-close of its activities
	}{{"order", 11 * time.Second}, {"inventory", 17 * time.Second}, {"payment", 17 * time.Second}, {"user", 6 * time.Second}}[r.IntN(4)]
	workers := w.named(role.prefix)
	p := workers[r.IntN(len(workers))]
	return freeze(ctx, p, role.attempt+between(r, 0, 2*time.Second))
}

func freezeFrontDoor(ctx context.Context, w *world, r *rand.Rand, _ func()) (string, error) {
	doors := w.named("gateway")
	return freeze(ctx, doors[r.IntN(len(doors))], between(r, 3*time.Second, 7*time.Second))
}

func freeze(ctx context.Context, p *process, d time.Duration) (string, error) {
	p.signal(syscall.SIGSTOP)
	last(ctx, d)
	p.signal(syscall.SIGCONT)
	return p.name, nil
}

// killInfrastructure kills Temporal, Postgres and the payment simulator at once,
// and starts them again on what they wrote.
func killInfrastructure(_ context.Context, w *world, _ *rand.Rand, began func()) (string, error) {
	w.restarting.Lock()
	defer w.restarting.Unlock()
	began()
	return "Temporal, Postgres, simulator", w.restartInfra(0)
}

func (w *world) restartInfra(temporalFaults float64) error {
	w.infra.Kill()
	return w.startInfra(temporalFaults)
}

// temporalStorageFails runs Temporal on a database that fails, or reports as
// failed what it did. That is set at a start, so it takes two kills as well.
func temporalStorageFails(ctx context.Context, w *world, r *rand.Rand, began func()) (string, error) {
	w.restarting.Lock()
	began()
	err := w.restartInfra(0.03)
	w.restarting.Unlock()
	if err != nil {
		return "", err
	}
	last(ctx, between(r, 15*time.Second, 25*time.Second))
	w.restarting.Lock()
	defer w.restarting.Unlock()
	return "3% of Temporal's writes", w.restartInfra(0)
}

func cutTemporal(ctx context.Context, w *world, r *rand.Rand, _ func()) (string, error) {
	mend, err := w.network.cut(temporalLink)
	if err != nil {
		return "", err
	}
	last(ctx, between(r, 2*time.Second, 6*time.Second))
	return temporalLink, mend()
}

// links holds who has a link to Postgres poisoned: one fault at a time.
type links struct {
	mu   sync.Mutex
	used map[string]bool
}

// database picks the database of a service whose link is whole, and keeps others
// off it until it is let go.
func (w *world) database(r *rand.Rand) (service string, release func()) {
	w.links.mu.Lock()
	defer w.links.mu.Unlock()
	for {
		service = []string{"order", "order", "inventory", "inventory", "payment", "payment", "user", "pricing"}[r.IntN(8)]
		if !w.links.used[service] {
			break
		}
	}
	w.links.used[service] = true
	return service, func() {
		w.links.mu.Lock()
		defer w.links.mu.Unlock()
		delete(w.links.used, service)
	}
}

func cutPostgres(ctx context.Context, w *world, r *rand.Rand, _ func()) (string, error) {
	service, release := w.database(r)
	defer release()
	mend, err := w.network.cut(service)
	if err != nil {
		return "", err
	}
	last(ctx, between(r, 2*time.Second, 8*time.Second))
	return service, mend()
}

func slowPostgres(ctx context.Context, w *world, r *rand.Rand, _ func()) (string, error) {
	return w.poisonFor(ctx, r, "latency", map[string]any{"latency": 300 + r.IntN(700), "jitter": 200}, between(r, 3*time.Second, 8*time.Second))
}

// loseAnswers lets statements and commits through and none of their answers.
func loseAnswers(ctx context.Context, w *world, r *rand.Rand, _ func()) (string, error) {
	return w.poisonFor(ctx, r, "timeout", map[string]any{"timeout": 0}, between(r, 2*time.Second, 6*time.Second))
}

// cutAnswers ends each connection somewhere in its answers.
func cutAnswers(ctx context.Context, w *world, r *rand.Rand, _ func()) (string, error) {
	return w.poisonFor(ctx, r, "limit_data", map[string]any{"bytes": 400 + r.IntN(2000)}, between(r, 3*time.Second, 6*time.Second))
}

func (w *world) poisonFor(ctx context.Context, r *rand.Rand, toxic string, attributes map[string]any, d time.Duration) (string, error) {
	service, release := w.database(r)
	defer release()
	mend, err := w.network.poison(service, toxic, "downstream", attributes)
	if err != nil {
		return "", err
	}
	last(ctx, d)
	return service, mend()
}

// providerFails has the payment simulator fail one of its operations, or any, in
// one of some ways.
func providerFails(ways ...string) strike {
	return func(ctx context.Context, w *world, r *rand.Rand, _ func()) (string, error) {
		operation := []string{"", "create", "authorize", "authorize", "capture", "capture", "void", "refund"}[r.IntN(8)]
		way := ways[r.IntN(len(ways))]
		fault := map[string]any{"kind": way, "share": 0.3 + 0.5*r.Float64()}
		if operation != "" {
			fault["operation"] = operation
		}
		if way == "delay" || way == "late_effect" {
			fault["delay_ms"] = 1000 + r.IntN(7000)
		}
		if err := w.provider(ctx, "POST", "/_faults", fault); err != nil {
			return "", err
		}
		last(ctx, between(r, 4*time.Second, 8*time.Second))
		return fmt.Sprintf("%s %s", way, operation), w.provider(context.WithoutCancel(ctx), "DELETE", "/_faults", nil)
	}
}
