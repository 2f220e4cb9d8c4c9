package consumer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/internal/consumer"
	"github.com/skaldhq/skald/internal/devstack/broker"
	"github.com/skaldhq/skald/internal/event"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/id"
	"github.com/skaldhq/skald/internal/kafka"
)

// patience is what a busy machine gets.
const (
	patience = time.Minute
	tick     = 20 * time.Millisecond
)

const (
	name     = "tester"
	deadNote = "dead-letters"
	// defect is the code of what went wrong with us.
	defect = "internal"
)

// world is a broker, and what a consumer's handler and grave have seen.
type world struct {
	*testing.T
	broker  *broker.Broker
	dir     string
	config  config.Kafka
	metrics *prometheus.Registry
	vecs    *consumer.Metrics
	broken  atomic.Bool // the handler's database is away
	grave   *grave

	mu      sync.Mutex
	effects []string       // ids of events, in the order of their effects
	calls   map[string]int // of the handler, by event
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, dir: t.TempDir(), metrics: prometheus.NewRegistry(), calls: map[string]int{}, grave: &grave{seen: map[string]consumer.Burial{}}}
	w.vecs = consumer.NewMetrics(w.metrics)
	w.start("127.0.0.1:0")
	w.config = config.Kafka{Brokers: []string{w.broker.Addr}, Topics: config.Topics{Create: true, Partitions: 3, Replication: 1}}
	t.Cleanup(func() { w.broker.Close() })
	return w
}

func (w *world) start(addr string) {
	w.Helper()
	require.Eventually(w, func() bool { // a port that was given up may be another's for a while
		started, err := broker.Start(w.dir, addr)
		if err == nil {
			w.broker = started
		}
		return err == nil
	}, patience, tick)
}

// run runs a consumer until it is stopped, or the test ends.
func (w *world) run() (c *consumer.Consumer, stop func()) {
	w.Helper()
	from, err := kafka.NewConsumer(w.config, name, event.Topic("order"))
	require.NoError(w, err)
	dead, err := kafka.NewProducer(w.config, deadNote)
	require.NoError(w, err)
	c = consumer.New(name, from, w, consumer.Letters{Topic: deadNote, Publisher: dead, Grave: w.grave}, w.vecs, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(w.Context())
	var running sync.WaitGroup
	running.Go(func() { c.Run(ctx) })
	stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		from.Close()
		dead.Close()
	})
	w.Cleanup(stop)
	return c, stop
}

// script begins a reason that says what each call of the handler comes to: u, it is
// unavailable; i, a defect; e, an effect. The last goes for all calls after it.
const script = "script "

// Handle has an effect once for each event, as the data says.
func (w *world) Handle(_ context.Context, e cloudevents.Event) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls[e.ID()]++
	var data struct{ Reason string }
	if err := json.Unmarshal(e.Data(), &data); err != nil {
		return false, err
	}
	switch {
	case w.broken.Load():
		return false, fault.New(fault.Unavailable, "database_unavailable", "Away.")
	case data.Reason == "refused":
		return false, fault.New(fault.Invalid, "event_malformed", "Malformed.")
	case data.Reason == "defect":
		panic("a defect")
	case data.Reason == "moment" && w.calls[e.ID()] < 3:
		return false, fmt.Errorf("a defect of the moment")
	case strings.HasPrefix(data.Reason, script): // a letter a call
		switch says := strings.TrimPrefix(data.Reason, script); says[min(w.calls[e.ID()], len(says))-1] {
		case 'u':
			return false, fault.New(fault.Unavailable, "database_unavailable", "Away.")
		case 'i':
			return false, fmt.Errorf("a defect")
		}
	}
	for _, before := range w.effects {
		if before == e.ID() {
			return false, nil
		}
	}
	w.effects = append(w.effects, e.ID())
	return true, nil
}

func (w *world) had() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.effects...)
}

func (w *world) called(id string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls[id]
}

// told is an event of an order.
func told(order uuid.UUID, version int, reason string) *kgo.Record {
	raw, _ := json.Marshal(map[string]any{"order_id": subject(order), "version": version, "reason": reason})
	r, err := event.Happened{Type: event.OrderConfirmed, Aggregate: order, Version: int64(version), Time: time.Now(), Data: raw}.Record()
	if err != nil {
		panic(err)
	}
	return r
}

func subject(order uuid.UUID) string { return id.Prefix("ord").Format(order) }

func idOf(order uuid.UUID, version int) string {
	return fmt.Sprintf("order/%s/%d", subject(order), version)
}

func (w *world) tell(records ...*kgo.Record) {
	w.Helper()
	p, err := kafka.NewProducer(w.config, event.Topic("order"))
	require.NoError(w, err)
	defer p.Close()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	require.NoError(w, p.ProduceSync(ctx, records...).FirstErr())
}

// grave keeps dead letters in memory.
type grave struct {
	mu     sync.Mutex
	away   atomic.Bool
	turned atomic.Int64               // how often it was away
	seen   map[string]consumer.Burial // by place
	raised []consumer.Raised
	ended  map[string]string // by replay: why it failed
}

func (g *grave) Bury(_ context.Context, b consumer.Burial) (bool, error) {
	if g.away.Load() {
		g.turned.Add(1)
		return false, fault.New(fault.Unavailable, "database_unavailable", "Away.")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	place := fmt.Sprintf("%d/%d", b.Record.Partition, b.Record.Offset)
	_, known := g.seen[place]
	g.seen[place] = b
	return !known, nil
}

func (g *grave) Raise(context.Context, string, int) ([]consumer.Raised, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.raised, nil
}

func (g *grave) EndReplay(_ context.Context, replayID string, done bool, code string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if done {
		code = "done"
	}
	g.ended[replayID] = code
	return nil
}

func (g *grave) DeadCount(context.Context, string) (int, error) { return len(g.all()), nil }

func (g *grave) all() (all []consumer.Burial) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, b := range g.seen {
		all = append(all, b)
	}
	return all
}

// letters reads the dead-letter topic until it has so many.
func (w *world) letters(n int) (all []*kgo.Record) {
	w.Helper()
	c, err := kgo.NewClient(kgo.SeedBrokers(w.broker.Addr), kgo.ConsumeTopics(deadNote), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	require.NoError(w, err)
	defer c.Close()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	for len(all) < n {
		fetched := c.PollFetches(ctx)
		require.NoError(w, fetched.Err())
		all = append(all, fetched.Records()...)
	}
	return all
}
