package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/internal/event"
	"github.com/skaldhq/skald/internal/outbox"
)

// errKilled is what a relay that was killed would have been told.
var errKilled = errors.New("killed")

// deadly is a publisher whose relay dies at random: before it published, between
// publishing and marking, or with its connection to the database cut there.
type deadly struct {
	to     outbox.Publisher
	random *rand.Rand    // of one relay only
	pool   *pgxpool.Pool // of that relay
	deaths *[3]atomic.Int64
}

func (d deadly) ProduceSync(ctx context.Context, records ...*kgo.Record) kgo.ProduceResults {
	dies := d.random.IntN(6)
	if dies < len(d.deaths) {
		d.deaths[dies].Add(1)
	}
	if dies == 0 {
		return failed(records)
	}
	results := d.to.ProduceSync(ctx, records...)
	switch dies {
	case 1:
		return failed(records)
	case 2:
		_, _ = d.pool.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = current_setting('application_name') AND pid <> pg_backend_pid()`)
	}
	return results
}

func failed(records []*kgo.Record) kgo.ProduceResults {
	var results kgo.ProduceResults
	for _, r := range records {
		results = append(results, kgo.ProduceResult{Record: r, Err: errKilled})
	}
	return results
}

// TestOrderOfAnAggregate: three relays that die at random publish what thirty
// writers write meanwhile: every event at least once, its repetitions under its id
// and equal, and no event of an aggregate after a later one.
func TestOrderOfAnAggregate(t *testing.T) {
	t.Parallel()
	const writers, versions, relays = 30, 12, 3
	w := newWorld(t)
	var deaths [3]atomic.Int64
	var writing errgroup.Group
	var relaying sync.WaitGroup
	var aggregates []uuid.UUID
	for range writers {
		aggregate := uuid.New()
		aggregates = append(aggregates, aggregate)
		writing.Go(func() error {
			for v := range versions {
				if err := insert(t.Context(), w.pool, aggregate, v+1, event.OrderCreated); err != nil {
					return err
				}
			}
			return nil
		})
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	for n := range uint64(relays) {
		pool := named(t, w.pool, fmt.Sprintf("relay %d", n))
		relay := w.relayOn(pool, deadly{to: w.producer(t), random: rand.New(rand.NewPCG(n, 7)), pool: pool, deaths: &deaths}) //nolint:gosec // repeatable
		relaying.Go(func() {
			for ctx.Err() == nil {
				_, _ = relay.Round(ctx, 0)
			}
		})
	}
	require.NoError(t, writing.Wait())
	require.Eventually(t, func() bool { return w.unpublished(t) == 0 }, patience, tick)
	stop()
	relaying.Wait()

	reached, values, repeated := map[string]int{}, map[string]string{}, 0
	for _, r := range w.published(t) {
		e, err := event.Read(r)
		require.NoError(t, err)
		if value, again := values[e.ID()]; again {
			repeated++
			require.Equal(t, value, string(r.Value), "the same event, whoever publishes it")
		}
		values[e.ID()] = string(r.Value)
		var data struct{ Version int }
		require.NoError(t, e.DataAs(&data))
		last := reached[e.Subject()]
		require.True(t, data.Version == last || data.Version == last+1, "%s: %d after %d", e.Subject(), data.Version, last)
		reached[e.Subject()] = data.Version
	}
	for _, a := range aggregates {
		require.Equal(t, versions, reached[subject(a)])
	}
	for kind := range deaths {
		require.Positive(t, deaths[kind].Load(), "of kind %d", kind)
	}
	require.Positive(t, repeated, "a relay that dies between publishing and marking has it published again")
}

// named gives a pool of its own on the same database, its connections known by a name.
func named(t *testing.T, like *pgxpool.Pool, name string) *pgxpool.Pool {
	t.Helper()
	c := like.Config()
	c.MaxConns, c.ConnConfig.RuntimeParams["application_name"] = 2, name
	pool, err := pgxpool.NewWithConfig(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}
