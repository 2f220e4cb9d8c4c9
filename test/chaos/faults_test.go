package chaos_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"time"

	"github.com/skaldhq/skald/test/stack"
)

// strike causes a fault and ends it again, and tells what it hit; errMissed: nothing.
// One that had to wait for its turn tells when it began.
type strike func(ctx context.Context, w *world, r *rand.Rand, began func()) (hit, error)

// errMissed is the error of a strike that had no effect.
var errMissed = errors.New("it hit nothing")

func missedUnless(felt bool) error {
	if !felt {
		return errMissed
	}
	return nil
}

// hit is what a fault hit, and at whom that can be felt: services, clients.
type hit struct {
	target string
	felt   []string
}

// clients are felt at where a request of theirs is.
const clients = "clients"

func everywhere(target string) hit {
	return hit{target, []string{"order", "inventory", "payment", "user", "pricing", clients}}
}

// database is a hit of a service's database, which the front doors read too.
func database(service string) hit { return hit{service, []string{service, clients}} }

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
		"provider webhooks":      providerWebhooks,
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

func killWorker(ctx context.Context, w *world, r *rand.Rand, _ func()) (hit, error) {
	workers := w.named("order", "inventory", "payment", "user")
	p := workers[r.IntN(len(workers))]
	return hit{p.name, roles()[p.name]}, kill(ctx, p, r)
}

func killFrontDoor(ctx context.Context, w *world, r *rand.Rand, _ func()) (hit, error) {
	doors := w.named("gateway")
	p := doors[r.IntN(len(doors))]
	return hit{p.name, []string{clients}}, kill(ctx, p, r)
}

func kill(ctx context.Context, p *process, r *rand.Rand) error {
	if !p.kill() {
		return errMissed
	}
	last(ctx, between(r, time.Second, 2*time.Second))
	return nil
}

// freezeWorker makes a zombie: it is stopped for longer than an attempt may
// take, so that another worker takes its tasks, and then goes on with them.
func freezeWorker(ctx context.Context, w *world, r *rand.Rand, _ func()) (hit, error) {
	role := []struct {
		prefix  string
		attempt time.Duration // the longest start-to-close of its activities
	}{{"order", 11 * time.Second}, {"inventory", 17 * time.Second}, {"payment", 17 * time.Second}, {"user", 6 * time.Second}}[r.IntN(4)]
	workers := w.named(role.prefix)
	p := workers[r.IntN(len(workers))]
	return hit{p.name, roles()[p.name]}, freeze(ctx, p, role.attempt+between(r, 0, 2*time.Second))
}

// freezeFrontDoor stops one for longer than a client waits for its answer.
func freezeFrontDoor(ctx context.Context, w *world, r *rand.Rand, _ func()) (hit, error) {
	doors := w.named("gateway")
	p := doors[r.IntN(len(doors))]
	return hit{p.name, []string{clients}}, freeze(ctx, p, between(r, 16*time.Second, 18*time.Second))
}

// freeze misses where the process did not live to go on.
func freeze(ctx context.Context, p *process, d time.Duration) error {
	pid, ok := p.freeze()
	if !ok {
		return errMissed
	}
	last(ctx, d)
	return missedUnless(p.thaw(pid))
}

// killInfrastructure kills Temporal, Postgres and the payment simulator at once,
// and starts them again on what they wrote.
func killInfrastructure(_ context.Context, w *world, _ *rand.Rand, began func()) (hit, error) {
	w.restarting.Lock()
	defer w.restarting.Unlock()
	began()
	return everywhere("Temporal, Postgres, simulator"), w.restartInfra(0)
}

func (w *world) restartInfra(temporalFaults float64) error {
	w.infra.Kill()
	return w.startInfra(temporalFaults)
}

// temporalStorageFails runs Temporal on a database that fails, or reports as
// failed what it did. That is set at a start, so it takes two kills as well; a
// kill of the infrastructure ends it sooner.
func temporalStorageFails(ctx context.Context, w *world, r *rand.Rand, began func()) (hit, error) {
	failing := everywhere("3% of Temporal's writes")
	if !w.links.claim(temporalStorage) {
		return failing, errMissed
	}
	defer w.links.release(temporalStorage)
	w.restarting.Lock()
	began()
	log := filepath.Join(w.infra.Data, "temporal", "temporal.log")
	begins, err := logSize(log)
	if err == nil {
		err = w.restartInfra(0.03)
	}
	infra := w.infra
	w.restarting.Unlock()
	if err != nil {
		return failing, err
	}
	w.lastOn(ctx, infra, between(r, 15*time.Second, 25*time.Second))
	w.restarting.Lock()
	defer w.restarting.Unlock()
	if w.infra == infra {
		if err := w.restartInfra(0); err != nil {
			return failing, err
		}
	}
	said, err := since(log, begins)
	if err == nil && !bytes.Contains(said, []byte("fault injection")) {
		err = errMissed
	}
	return failing, err
}

// lastOn waits as long as a fault is to last, or until the infrastructure is
// another.
func (w *world) lastOn(ctx context.Context, infra *stack.Stack, d time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	for same := true; same && ctx.Err() == nil; {
		last(ctx, 100*time.Millisecond)
		w.restarting.RLock()
		same = w.infra == infra
		w.restarting.RUnlock()
	}
}

// links holds who has a link, or Temporal's storage, broken: one fault at a time.
type links struct {
	mu   sync.Mutex
	used map[string]bool
}

// temporalStorage is claimed as the links are.
const temporalStorage = "temporal's storage"

// claim keeps others off a link until it is released; false: another has it.
func (l *links) claim(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.used[name] {
		return false
	}
	l.used[name] = true
	return true
}

func (l *links) release(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.used, name)
}

// claimDatabase picks the database of a service whose link is whole.
func (l *links) claimDatabase(r *rand.Rand) (service string) {
	for {
		service = []string{"order", "order", "inventory", "inventory", "payment", "payment", "user", "pricing"}[r.IntN(8)]
		if l.claim(service) {
			return service
		}
	}
}

func cutTemporal(ctx context.Context, w *world, r *rand.Rand, _ func()) (hit, error) {
	if !w.links.claim(temporalLink) {
		return everywhere(temporalLink), errMissed
	}
	defer w.links.release(temporalLink)
	mend := w.network.cut(temporalLink)
	last(ctx, between(r, 2*time.Second, 6*time.Second))
	return everywhere(temporalLink), mend()
}

func cutPostgres(ctx context.Context, w *world, r *rand.Rand, _ func()) (hit, error) {
	service := w.links.claimDatabase(r)
	defer w.links.release(service)
	mend := w.network.cut(service)
	last(ctx, between(r, 2*time.Second, 8*time.Second))
	return database(service), mend()
}

func slowPostgres(ctx context.Context, w *world, r *rand.Rand, _ func()) (hit, error) {
	return w.poisonFor(ctx, r, "latency", map[string]any{"latency": 300 + r.IntN(700), "jitter": 200}, between(r, 3*time.Second, 8*time.Second))
}

// loseAnswers lets statements and commits through and none of their answers.
func loseAnswers(ctx context.Context, w *world, r *rand.Rand, _ func()) (hit, error) {
	return w.poisonFor(ctx, r, "timeout", map[string]any{"timeout": 0}, between(r, 2*time.Second, 6*time.Second))
}

// cutAnswers ends each connection somewhere in its answers.
func cutAnswers(ctx context.Context, w *world, r *rand.Rand, _ func()) (hit, error) {
	return w.poisonFor(ctx, r, "limit_data", map[string]any{"bytes": 400 + r.IntN(2000)}, between(r, 3*time.Second, 6*time.Second))
}

func (w *world) poisonFor(ctx context.Context, r *rand.Rand, toxic string, attributes map[string]any, d time.Duration) (hit, error) {
	service := w.links.claimDatabase(r)
	defer w.links.release(service)
	mend, err := w.network.poison(service, toxic, attributes)
	if err != nil {
		return database(service), err
	}
	last(ctx, d)
	return database(service), mend()
}
