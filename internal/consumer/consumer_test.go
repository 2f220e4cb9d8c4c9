package consumer_test

import (
	"context"
	"strings"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/skaldhq/skald/internal/consumer"
	"github.com/skaldhq/skald/internal/event"
	"github.com/skaldhq/skald/internal/fault"
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
		&kgo.Record{Topic: topic, Key: key, Value: []byte(`{"specversion":"1.0","id":"a/1","type":"x` + "\xff" + `","source":"/s"}`)},
		&kgo.Record{Topic: topic, Key: key, Value: []byte(`{"specversion":"1.0","id":"a/1","type":"anybody's","source":"/s","data":{}}`)},
		told(order, 2, "refused"),
		told(order, 3, "defect"),
		told(order, 4, "moment"),
		told(order, 5, ""),
	)
	require.Eventually(t, func() bool { return w.grave.turned.Load() > 2 }, patience, tick)
	require.Equal(t, []string{idOf(order, 1)}, w.had())
	w.grave.away.Store(false) // it waits for its database, and buries then
	require.Eventually(t, func() bool { return len(w.had()) == 4 }, patience, tick)
	require.Equal(t, []string{idOf(order, 1), "a/1", idOf(order, 4), idOf(order, 5)}, w.had())
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
	require.Equal(t, map[string]int{consumer.CodeUnreadable: 4, "event_malformed": 1, defect: 1}, buried)
	seen := map[string]int{}
	for _, r := range w.letters(6) {
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
	require.Len(t, seen, 6)

	_, err := c.Measure(t.Context())
	require.NoError(t, err)
	require.NoError(t, testutil.GatherAndCompare(w.metrics, strings.NewReader(`# HELP skald_consumer_dead_letters Dead letters that have not had their effect.
# TYPE skald_consumer_dead_letters gauge
skald_consumer_dead_letters{consumer="tester"} 6
`), consumer.MetricDead))
	require.NoError(t, testutil.GatherAndCompare(w.metrics, strings.NewReader(`# HELP skald_consumer_consumed_total Events that were dealt with, and whether they had an effect.
# TYPE skald_consumer_consumed_total counter
skald_consumer_consumed_total{consumer="tester",outcome="effect",type="order.confirmed"} 3
skald_consumer_consumed_total{consumer="tester",outcome="effect",type="other"} 1
# HELP skald_consumer_dead_letters_total Records that became dead letters.
# TYPE skald_consumer_dead_letters_total counter
skald_consumer_dead_letters_total{code="event_malformed",consumer="tester"} 1
skald_consumer_dead_letters_total{code="event_unreadable",consumer="tester"} 4
skald_consumer_dead_letters_total{code="internal",consumer="tester"} 1
`), consumer.MetricConsumed, consumer.MetricBuried), "what anybody calls a type is no series; and each is counted once")
	require.Eventually(t, func() bool {
		_, err := c.Measure(t.Context())
		return err == nil && testutil.GatherAndCompare(w.metrics, strings.NewReader(`# HELP skald_consumer_lag Records that were not dealt with yet.
# TYPE skald_consumer_lag gauge
skald_consumer_lag{consumer="tester",topic="skald.order.events"} 0
`), consumer.MetricLag) == nil
	}, patience, tick)
}

// TestDefects: tries that ended with a defect count, and no others.
func TestDefects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run()
	dead, mended := uuid.New(), uuid.New()
	w.tell(told(dead, 1, script+"uiiiui"), told(mended, 1, script+"uuuiie"))
	require.Eventually(t, func() bool { return len(w.had()) == 1 && len(w.grave.all()) == 1 }, patience, tick)
	require.Equal(t, []string{idOf(mended, 1)}, w.had())
	require.Equal(t, idOf(dead, 1), w.grave.all()[0].EventID)
	require.Equal(t, 7, w.called(idOf(dead, 1)), "the fifth defect")
}

// TestGraveAway: while a defect cannot be buried its handler is asked again, which may
// have been away with it.
func TestGraveAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grave.away.Store(true)
	w.run()
	order := uuid.New()
	w.tell(told(order, 1, script+"iiiiiie"), told(order, 2, ""))
	require.Eventually(t, func() bool { return len(w.had()) == 2 }, patience, tick)
	require.Equal(t, []string{idOf(order, 1), idOf(order, 2)}, w.had())
	require.Empty(t, w.grave.all())
}

// TestTooLarge: what the topic of dead letters does not take holds up nothing: the grave
// has it whole, and the topic where it was and why.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run()
	order := uuid.New()
	w.tell(told(order, 1, ""))
	large := []byte(strings.Repeat("x", 2<<20))
	c, err := kgo.NewClient(kgo.SeedBrokers(w.broker.Addr), kgo.ProducerBatchMaxBytes(4<<20))
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.ProduceSync(t.Context(), &kgo.Record{Topic: event.Topic("order"), Key: []byte(subject(order)), Value: large}).FirstErr())
	w.tell(told(order, 2, ""))
	require.Eventually(t, func() bool { return len(w.had()) == 2 }, patience, tick)
	require.Equal(t, large, w.grave.all()[0].Record.Value)
	dead := w.letters(1)[0]
	require.Empty(t, dead.Value)
	require.Equal(t, "true", event.Headers{Record: dead}.Get(consumer.HeaderCut))
	require.Equal(t, consumer.CodeUnreadable, event.Headers{Record: dead}.Get(consumer.HeaderCode))
}

// publisher is a topic that answers as it is told.
type publisher struct {
	says      error
	published int
}

func (p *publisher) ProduceSync(_ context.Context, records ...*kgo.Record) kgo.ProduceResults {
	p.published++
	return kgo.ProduceResults{{Record: records[0], Err: p.says}}
}

// TestTopicRefuses: a no of the brokers leaves a dead letter in the grave alone; where
// they are away it is tried again, and counted once.
func TestTopicRefuses(t *testing.T) {
	t.Parallel()
	for says, refused := range map[error]bool{
		nil: false, kerr.TopicAuthorizationFailed: true, kerr.UnknownTopicOrPartition: true, kerr.MessageTooLarge: true,
		kerr.NotEnoughReplicas: false, context.DeadlineExceeded: false,
	} {
		p, g := &publisher{says: says}, &grave{seen: map[string]consumer.Burial{}}
		l := consumer.Letters{Topic: deadNote, Publisher: p, Grave: g}
		for i := range 2 {
			done, err := l.Bury(t.Context(), name, told(uuid.Nil, 1, ""), cloudevents.Event{}, fault.New(fault.Invalid, "x", "X."))
			require.Equal(t, i == 0, done.Fresh, says)
			require.Equal(t, refused, done.Unpublished != nil, says)
			require.Equal(t, says != nil && !refused, err != nil, says)
		}
		require.Len(t, g.all(), 1)
	}
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
	require.Equal(t, map[string]string{"mended": "done", "refused": "event_malformed", "defect": defect, "no event": consumer.CodeUnreadable}, w.grave.ended)
	require.Equal(t, []string{idOf(order, 1)}, w.had())
}
