package outbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/internal/devstack/broker"
	"github.com/skaldhq/skald/internal/event"
	"github.com/skaldhq/skald/internal/id"
	"github.com/skaldhq/skald/internal/kafka"
	"github.com/skaldhq/skald/internal/outbox"
	"github.com/skaldhq/skald/internal/pgtest"
)

var cluster pgtest.Cluster

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

// patience is what a busy machine gets.
const (
	patience = time.Minute
	tick     = 20 * time.Millisecond
)

// world is an outbox of the order service, and a broker.
type world struct {
	pool    *pgxpool.Pool
	dir     string
	broker  *broker.Broker
	metrics *prometheus.Registry
	vecs    *outbox.Metrics
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{pool: cluster.Database(t, "order"), dir: t.TempDir(), metrics: prometheus.NewRegistry()}
	w.vecs = outbox.NewMetrics(w.metrics)
	var err error
	w.broker, err = broker.Start(w.dir, "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { w.broker.Close() })
	return w
}

func (w *world) producer(t *testing.T) *kafka.Producer {
	t.Helper()
	p, err := kafka.NewProducer(config.Kafka{
		Brokers: []string{w.broker.Addr}, Topics: config.Topics{Create: true, Partitions: 3, Replication: 1},
	}, event.Topic("order"))
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

func (w *world) relay(to outbox.Publisher) *outbox.Relay { return w.relayOn(w.pool, to) }

func (w *world) relayOn(pool *pgxpool.Pool, to outbox.Publisher) *outbox.Relay {
	return outbox.New("order", pool, to, w.vecs, slog.New(slog.DiscardHandler))
}

// execer is a pool or a transaction.
type execer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// write puts an event into the outbox.
func write(t *testing.T, to execer, aggregate uuid.UUID, version int, kind event.Type) {
	t.Helper()
	require.NoError(t, insert(t.Context(), to, aggregate, version, kind))
}

func insert(ctx context.Context, to execer, aggregate uuid.UUID, version int, kind event.Type) error {
	_, err := to.Exec(ctx, `INSERT INTO outbox (aggregate_id, version, type, payload, traceparent) VALUES ($1, $2, $3, $4, $5)`,
		aggregate, version, kind, map[string]any{"order_id": subject(aggregate), "version": version}, trace)
	return err
}

const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func subject(aggregate uuid.UUID) string { return id.Prefix("ord").Format(aggregate) }

func eventID(aggregate uuid.UUID, version int) string {
	return fmt.Sprintf("order/%s/%d", subject(aggregate), version)
}

// unpublished counts the events that wait.
func (w *world) unpublished(t *testing.T) (n int) {
	t.Helper()
	require.NoError(t, w.pool.QueryRow(t.Context(), `SELECT count(*) FROM outbox WHERE published_at IS NULL`).Scan(&n))
	return n
}

// published are the records of the topic, in their order within a partition.
func (w *world) published(t *testing.T) (all []*kgo.Record) {
	t.Helper()
	c, err := kgo.NewClient(kgo.SeedBrokers(w.broker.Addr), kgo.ConsumeTopics(event.Topic("order")), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	require.NoError(t, err)
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	// The last record of each partition is a mark, so that nobody has to guess where the end is.
	for partition := range int32(3) {
		mark := &kgo.Record{Topic: event.Topic("order"), Partition: partition}
		p, err := kgo.NewClient(kgo.SeedBrokers(w.broker.Addr), kgo.RecordPartitioner(kgo.ManualPartitioner()))
		require.NoError(t, err)
		require.NoError(t, p.ProduceSync(ctx, mark).FirstErr())
		p.Close()
	}
	for marks := 0; marks < 3; {
		fetched := c.PollFetches(ctx)
		require.NoError(t, fetched.Err())
		fetched.EachRecord(func(r *kgo.Record) {
			if r.Value == nil {
				marks++
				return
			}
			all = append(all, r)
		})
	}
	return all
}

// ids are those of the events in records.
func ids(t *testing.T, records []*kgo.Record) (all []string) {
	t.Helper()
	for _, r := range records {
		e, err := event.Read(r)
		require.NoError(t, err)
		all = append(all, e.ID())
	}
	return all
}
