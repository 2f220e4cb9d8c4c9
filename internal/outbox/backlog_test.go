package outbox_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/skaldhq/skald/internal/event"
	"github.com/skaldhq/skald/internal/outbox"
)

// accepting is a publisher that takes everything but what it is told to refuse, for
// which it waits until nobody does, as for a partition without a leader.
type accepting struct {
	refuses map[string]bool // by key
	mu      sync.Mutex
	took    []string
}

func (a *accepting) ProduceSync(ctx context.Context, records ...*kgo.Record) kgo.ProduceResults {
	results := a.take(records)
	if results.FirstErr() != nil {
		<-ctx.Done()
	}
	return results
}

func (a *accepting) take(records []*kgo.Record) (results kgo.ProduceResults) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range records {
		result := kgo.ProduceResult{Record: r}
		if a.refuses[string(r.Key)] {
			result.Err = errors.New("no leader")
		} else {
			a.took = append(a.took, string(r.Key))
		}
		results = append(results, result)
	}
	return results
}

func (a *accepting) has(key string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, one := range a.took {
		if one == key {
			return true
		}
	}
	return false
}

// fill writes the first events of many aggregates at once.
func fill(t *testing.T, w *world, n int) {
	t.Helper()
	_, err := w.pool.Exec(t.Context(), `INSERT INTO outbox (aggregate_id, version, type, payload)
		SELECT gen_random_uuid(), 1, $2, '{}' FROM generate_series(1, $1)`, n, event.OrderCreated)
	require.NoError(t, err)
}

// TestBacklog: after an outage that the planner's statistics know nothing of, a round
// is done in the time that it has, however many events wait.
func TestBacklog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fill(t, w, 20_000)
	_, err := w.pool.Exec(t.Context(), "UPDATE outbox SET published_at = now()")
	require.NoError(t, err)
	_, err = w.pool.Exec(t.Context(), "ALTER TABLE outbox SET (autovacuum_enabled = false)")
	require.NoError(t, err)
	_, err = w.pool.Exec(t.Context(), "VACUUM ANALYZE outbox")
	require.NoError(t, err)
	fill(t, w, 150_000)
	round, err := w.relay(&accepting{}).Round(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, outbox.Round{Published: 500}, round)
}

// TestPartitionAway: what cannot be published, more of it than a round looks at, holds
// up nothing that came after it, and is published once that is possible.
func TestPartitionAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fill(t, w, 600)
	away := &accepting{refuses: map[string]bool{}}
	rows, err := w.pool.Query(t.Context(), "SELECT aggregate_id FROM outbox")
	require.NoError(t, err)
	for rows.Next() {
		var a uuid.UUID
		require.NoError(t, rows.Scan(&a))
		away.refuses[subject(a)] = true
	}
	require.NoError(t, rows.Err())
	well := uuid.New()
	write(t, w.pool, well, 1, event.OrderCreated)

	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { w.relay(away).Within(time.Second).Run(ctx); close(ended) }()
	t.Cleanup(func() { stop(); <-ended })
	require.Eventually(t, func() bool { return away.has(subject(well)) }, patience, tick)
	late := uuid.New()
	write(t, w.pool, late, 1, event.OrderCreated)
	require.Eventually(t, func() bool { return away.has(subject(late)) }, patience, tick)
	require.Equal(t, 600, w.unpublished(t))
	failures, err := testutil.GatherAndCount(w.metrics, "skald_outbox_failures_total")
	require.NoError(t, err)
	require.Equal(t, 1, failures)

	away.mu.Lock()
	away.refuses = nil
	away.mu.Unlock()
	require.Eventually(t, func() bool { return w.unpublished(t) == 0 }, patience, 5*time.Millisecond)
}
