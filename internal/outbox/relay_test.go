package outbox_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/skaldhq/skald/internal/devstack/broker"
	"github.com/skaldhq/skald/internal/event"
	"github.com/skaldhq/skald/internal/outbox"
)

// TestRound: a round publishes one event of each aggregate, as CloudEvents, and
// the metrics tell of it.
func TestRound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := uuid.New(), uuid.New()
	write(t, w.pool, a, 1, event.OrderCreated)
	write(t, w.pool, a, 2, event.OrderConfirmed)
	write(t, w.pool, b, 1, event.OrderCreated)
	relay := w.relay(w.producer(t))

	_, err := relay.Measure(t.Context())
	require.NoError(t, err)
	require.NoError(t, testutil.GatherAndCompare(w.metrics, strings.NewReader(`# HELP skald_outbox_pending Events that wait to be published.
# TYPE skald_outbox_pending gauge
skald_outbox_pending{service="order"} 3
`), "skald_outbox_pending"))
	for _, want := range []int{2, 1, 0} {
		round, err := relay.Round(t.Context(), 0)
		require.NoError(t, err)
		require.Equal(t, want, round.Published)
	}
	_, err = relay.Measure(t.Context())
	require.NoError(t, err)
	require.NoError(t, testutil.GatherAndCompare(w.metrics, strings.NewReader(`# HELP skald_outbox_lag_seconds How long the oldest event waits to be published.
# TYPE skald_outbox_lag_seconds gauge
skald_outbox_lag_seconds{service="order"} 0
# HELP skald_outbox_published_total Events that were published.
# TYPE skald_outbox_published_total counter
skald_outbox_published_total{service="order"} 3
`), "skald_outbox_lag_seconds", "skald_outbox_published_total"))

	records := w.published(t)
	require.ElementsMatch(t, []string{eventID(a, 1), eventID(a, 2), eventID(b, 1)}, ids(t, records))
	for _, r := range records {
		e, err := event.Read(r)
		require.NoError(t, err)
		require.Equal(t, e.Subject(), string(r.Key), "the key holds an aggregate's events in their order")
		require.Equal(t, []kgo.RecordHeader{{Key: "content-type", Value: []byte("application/cloudevents+json")}}, r.Headers)
		require.Equal(t, "/services/order", e.Source())
		require.Equal(t, "application/json", e.DataContentType())
		require.Equal(t, trace, e.Extensions()["traceparent"])
	}
}

// held is a publisher that waits to be let go before it publishes.
type held struct {
	begun chan struct{}
	goOn  chan struct{}
	to    outbox.Publisher
}

func (h held) ProduceSync(ctx context.Context, records ...*kgo.Record) kgo.ProduceResults {
	close(h.begun)
	<-h.goOn
	return h.to.ProduceSync(ctx, records...)
}

// TestRelaysKeepApart: while one relay publishes an event, another takes neither
// that nor a later one of its aggregate, and gets on with others.
func TestRelaysKeepApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := uuid.New(), uuid.New()
	producer := w.producer(t)
	slow := held{begun: make(chan struct{}), goOn: make(chan struct{}), to: producer}
	write(t, w.pool, a, 1, event.OrderCreated)
	ended := make(chan error, 1)
	go func() {
		_, err := w.relay(slow).Round(context.WithoutCancel(t.Context()), 0)
		ended <- err
	}()
	<-slow.begun
	write(t, w.pool, a, 2, event.OrderConfirmed)
	write(t, w.pool, b, 1, event.OrderCreated)
	other := w.relay(producer)
	round, err := other.Round(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, 1, round.Published)
	round, err = other.Round(t.Context(), 0)
	require.NoError(t, err)
	require.Zero(t, round.Published)
	require.Equal(t, []string{eventID(b, 1)}, ids(t, w.published(t)))

	close(slow.goOn)
	require.NoError(t, <-ended)
	round, err = other.Round(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, 1, round.Published)
	require.Zero(t, w.unpublished(t))
}

// TestLateCommit: an event whose transaction commits after one with a later id was
// published is not passed over, and neither is what comes after a transaction that
// never committed.
func TestLateCommit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	early, gap, late := uuid.New(), uuid.New(), uuid.New()
	slow, err := w.pool.Begin(t.Context())
	require.NoError(t, err)
	write(t, slow, late, 1, event.OrderCreated)
	lost, err := w.pool.Begin(t.Context())
	require.NoError(t, err)
	write(t, lost, gap, 1, event.OrderCreated)
	write(t, w.pool, early, 1, event.OrderCreated)

	relay := w.relay(w.producer(t))
	round, err := relay.Round(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, 1, round.Published)
	require.NoError(t, lost.Rollback(t.Context()))
	require.NoError(t, slow.Commit(t.Context()))
	round, err = relay.Round(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, 1, round.Published)
	require.ElementsMatch(t, []string{eventID(early, 1), eventID(late, 1)}, ids(t, w.published(t)))
}

// TestHeldForTooLong: what a relay that was frozen held is taken by another, since
// the database ends its connection.
func TestHeldForTooLong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	write(t, w.pool, uuid.New(), 1, event.OrderCreated)
	pool, err := outbox.Pool(t.Context(), w.pool.Config().ConnString())
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	var hold string
	require.NoError(t, pool.QueryRow(t.Context(), "SHOW idle_in_transaction_session_timeout").Scan(&hold))
	require.Equal(t, "20s", hold, "twice what publishing may take")
	_, err = pool.Exec(t.Context(), "SET idle_in_transaction_session_timeout = '1s'")
	require.NoError(t, err)

	producer := w.producer(t)
	frozen := held{begun: make(chan struct{}), goOn: make(chan struct{}), to: producer}
	ended := make(chan error, 1)
	round := func() {
		_, err := w.relayOn(pool, frozen).Round(context.WithoutCancel(t.Context()), 0)
		ended <- err
	}
	for holds := false; !holds; {
		go round()
		select {
		case <-frozen.begun:
			holds = true
		case err := <-ended: // it was so slow that the database ended it before it had begun
			require.Error(t, err)
		}
	}
	other := w.relay(producer)
	require.Eventually(t, func() bool {
		round, err := other.Round(t.Context(), 0)
		return err == nil && round.Published == 1
	}, patience, tick)
	close(frozen.goOn)
	require.Error(t, <-ended)
	require.Zero(t, w.unpublished(t))
}

// TestUnknownType: an event that only a newer build knows waits for that build's
// relay, with all that come after it of its aggregate, and holds up nothing else.
func TestUnknownType(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := uuid.New(), uuid.New()
	write(t, w.pool, a, 1, "order.teleported")
	write(t, w.pool, a, 2, event.OrderConfirmed)
	write(t, w.pool, b, 1, event.OrderCreated)
	relay := w.relay(w.producer(t))
	for _, want := range []int{1, 0} {
		round, err := relay.Round(t.Context(), 0)
		require.NoError(t, err)
		require.Equal(t, want, round.Published)
	}
	require.Equal(t, 2, w.unpublished(t))
	require.Equal(t, []string{eventID(b, 1)}, ids(t, w.published(t)))
}

// TestKafkaAway: while there is no broker events wait; when it is back they are
// published, in their order.
func TestKafkaAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	producer, a := w.producer(t), uuid.New()
	relay := w.relay(producer).Within(time.Second)
	write(t, w.pool, a, 1, event.OrderCreated)
	round, err := relay.Round(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, 1, round.Published)

	w.broker.Close()
	write(t, w.pool, a, 2, event.OrderAwaitingPayment)
	write(t, w.pool, a, 3, event.OrderConfirmed)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { relay.Run(ctx); close(ended) }()
	t.Cleanup(func() { stop(); <-ended })
	failures := func() bool {
		n, err := testutil.GatherAndCount(w.metrics, "skald_outbox_failures_total")
		return err == nil && n > 0
	}
	require.Eventually(t, failures, patience, tick)
	require.Equal(t, 2, w.unpublished(t))

	w.broker, err = broker.Start(w.dir, w.broker.Addr)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return w.unpublished(t) == 0 }, patience, tick)
	var first []string
	for _, one := range ids(t, w.published(t)) {
		if len(first) == 0 || first[len(first)-1] != one { // a try without an answer may have come through
			first = append(first, one)
		}
	}
	require.Equal(t, []string{eventID(a, 1), eventID(a, 2), eventID(a, 3)}, first)
}
