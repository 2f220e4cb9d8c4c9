package consumer_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/skaldhq/skald/internal/consumer"
	"github.com/skaldhq/skald/internal/event"
)

// TestRepetitions: an event that comes again, late and out of order too, has its effect
// once; those of an aggregate have theirs in order, whichever member of the group deals
// with them.
func TestRepetitions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run()
	_, stop := w.run() // a second member
	var want []string
	for range 20 {
		order := uuid.New()
		var records []*kgo.Record
		for v := range 5 {
			records = append(records, told(order, v+1, ""))
			want = append(want, idOf(order, v+1))
		}
		w.tell(append(records, told(order, 2, ""), told(order, 5, ""), told(order, 1, ""))...)
	}
	require.Eventually(t, func() bool { return len(w.had()) >= len(want)/2 }, patience, tick)
	stop() // its partitions are the other's then
	require.Eventually(t, func() bool { return len(w.had()) == len(want) }, patience, tick)
	require.ElementsMatch(t, want, w.had())
	reached := map[string]int{}
	for _, id := range w.had() {
		at := strings.LastIndex(id, "/")
		order, version := id[:at], id[at+1:]
		reached[order]++
		require.Equal(t, string(rune('0'+reached[order])), version, order)
	}
}

// TestGoesOnWhereItWas: a consumer that is started again reads what was not committed,
// and a broker that went away and came back is read on from there.
func TestGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, stop := w.run()
	order := uuid.New()
	w.tell(told(order, 1, ""), told(order, 2, ""))
	require.Eventually(t, func() bool { return len(w.had()) == 2 }, patience, tick)
	stop()
	w.tell(told(order, 3, ""))
	w.run()
	require.Eventually(t, func() bool { return len(w.had()) == 3 }, patience, tick)
	addr := w.broker.Addr
	w.broker.Close()
	w.start(addr)
	w.tell(told(order, 4, ""))
	require.Eventually(t, func() bool { return len(w.had()) == 4 }, patience, tick)
}

// TestPoison: what nobody can deal with becomes a dead letter, in the topic with where
// it was and why, and in the grave; what is behind it in its partition is dealt with.
func TestPoison(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, _ := w.run()
	order := uuid.New()
	key := []byte(subject(order))
	topic := event.Topic("order")
	w.grave.away.Store(true)
	w.tell(
		told(order, 1, ""),
		&kgo.Record{Topic: topic, Key: key, Value: []byte("no event"), Headers: []kgo.RecordHeader{{Key: "own", Value: []byte("header")}}},
		&kgo.Record{Topic: topic, Key: key},
		&kgo.Record{Topic: topic, Key: key, Value: []byte(`{"specversion":"1.0","id":"","type":"","source":""}`)},
		told(order, 2, "refused"),
		told(order, 3, "defect"),
		told(order, 4, "moment"),
		told(order, 5, ""),
	)
	require.Eventually(t, func() bool { return w.grave.turned.Load() > 2 }, patience, tick)
	require.Equal(t, []string{idOf(order, 1)}, w.had())
	w.grave.away.Store(false) // it waits for its database, and buries then
	require.Eventually(t, func() bool { return len(w.had()) == 3 }, patience, tick)
	require.Equal(t, []string{idOf(order, 1), idOf(order, 4), idOf(order, 5)}, w.had())
	require.Equal(t, 1, w.called(idOf(order, 2)), "a definite no is not asked for twice")
	require.Equal(t, 5, w.called(idOf(order, 3)), "a defect may be one of the moment")

	buried := map[string]int{}
	for _, b := range w.grave.all() {
		buried[b.Code]++
		require.Equal(t, name, b.Consumer)
		require.Equal(t, key, b.Record.Key)
		require.NotEmpty(t, b.Detail)
		require.Equal(t, b.Code != consumer.CodeUnreadable, b.EventID != "")
	}
	require.Equal(t, map[string]int{consumer.CodeUnreadable: 3, "event_malformed": 1, consumer.CodeDefect: 1}, buried)
	seen := map[string]int{}
	for _, r := range w.letters(5) {
		headers := map[string]string{}
		for _, h := range r.Headers {
			headers[h.Key] = string(h.Value)
		}
		require.Equal(t, name, headers[consumer.HeaderConsumer])
		require.Equal(t, topic, headers[consumer.HeaderTopic])
		require.NotEmpty(t, headers[consumer.HeaderPartition])
		require.Equal(t, key, r.Key)
		if string(r.Value) == "no event" {
			require.Equal(t, "header", headers["own"])
		}
		seen[headers[consumer.HeaderOffset]+headers[consumer.HeaderCode]]++
	}
	require.Len(t, seen, 5)

	_, err := c.Measure(t.Context())
	require.NoError(t, err)
	require.NoError(t, testutil.GatherAndCompare(w.metrics, strings.NewReader(`# HELP skald_consumer_dead_letters Dead letters that have not had their effect.
# TYPE skald_consumer_dead_letters gauge
skald_consumer_dead_letters{consumer="tester"} 5
`), consumer.MetricDead))
	require.Eventually(t, func() bool {
		_, err := c.Measure(t.Context())
		return err == nil && testutil.GatherAndCompare(w.metrics, strings.NewReader(`# HELP skald_consumer_lag Records that were not dealt with yet.
# TYPE skald_consumer_lag gauge
skald_consumer_lag{consumer="tester",topic="skald.order.events"} 0
`), consumer.MetricLag) == nil
	}, patience, tick)
}

// TestDatabaseAway: while the effect cannot be had nothing is skipped and nothing is a
// dead letter; then everything goes on in order.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.broken.Store(true)
	w.run()
	order := uuid.New()
	w.tell(told(order, 1, ""), told(order, 2, "refused"), told(order, 3, ""))
	require.Eventually(t, func() bool { return w.called(idOf(order, 1)) > 5 }, patience, tick)
	require.Empty(t, w.had())
	require.Empty(t, w.grave.all())
	w.broken.Store(false)
	require.Eventually(t, func() bool { return len(w.had()) == 2 }, patience, tick)
	require.Equal(t, []string{idOf(order, 1), idOf(order, 3)}, w.had())
	require.Len(t, w.grave.all(), 1)
}

// TestReplay: a dead letter that an operator wants dealt with again has its effect, or
// is dead still; while its effect cannot be had it is left for later.
func TestReplay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, _ := w.run()
	order := uuid.New()
	w.grave.ended = map[string]string{}
	w.grave.raised = []consumer.Raised{
		{ReplayID: "mended", Record: told(order, 1, "")}, {ReplayID: "refused", Record: told(order, 2, "refused")},
		{ReplayID: "defect", Record: told(order, 3, "defect")}, {ReplayID: "no event", Record: &kgo.Record{Value: []byte("x")}},
	}
	w.broken.Store(true)
	n, err := c.Replay(t.Context())
	require.Error(t, err)
	require.Zero(t, n)
	require.Empty(t, w.grave.ended)
	w.broken.Store(false)
	n, err = c.Replay(t.Context())
	require.NoError(t, err)
	require.Equal(t, 4, n)
	require.Equal(t, map[string]string{"mended": "done", "refused": "event_malformed", "defect": consumer.CodeDefect, "no event": consumer.CodeUnreadable}, w.grave.ended)
	require.Equal(t, []string{idOf(order, 1)}, w.had())
}
