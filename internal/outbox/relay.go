// Package outbox publishes what the services wrote in their outboxes: each event
// at least once and under one id, those of an aggregate in their order, however
// many relays there are of a service.
package outbox

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	outboxdb "github.com/skaldhq/skald/db/outbox"
	"github.com/skaldhq/skald/internal/event"
)

const (
	// pause is between two looks at an outbox that was empty. Looking is cheap; a
	// NOTIFY would let the commits of orders wait for each other.
	pause = 200 * time.Millisecond
	// breath is between two rounds while there is something to do: what happens together
	// is published together.
	breath = 20 * time.Millisecond
	// longestPause is between two tries while nothing can be published.
	longestPause = 15 * time.Second
	// batch is how many aggregates get on by one event in a round.
	batch = 500
	// publishTimeout bounds how long a round keeps its events from other relays, and its
	// transaction open.
	publishTimeout = 10 * time.Second
	// answerTimeout bounds what a database that answers no more can hold up, before
	// publishing and after it.
	answerTimeout = 5 * time.Second
)

// Publisher is what events are published to. A record without an error is safe
// with it.
type Publisher interface {
	ProduceSync(ctx context.Context, records ...*kgo.Record) kgo.ProduceResults
}

// Relay publishes the events of one service.
type Relay struct {
	service string
	types   []string
	pool    *pgxpool.Pool
	to      Publisher
	metrics *Metrics
	log     *slog.Logger
	tracer  trace.Tracer
	timeout time.Duration // of publishing
}

// New returns the relay of a service, on a Pool of its own.
func New(service string, pool *pgxpool.Pool, to Publisher, metrics *Metrics, log *slog.Logger) *Relay {
	r := &Relay{
		service: service, pool: pool, to: to, metrics: metrics, log: log.With("service", service),
		tracer: noop.NewTracerProvider().Tracer(""), timeout: publishTimeout,
	}
	for _, t := range event.Types(service) {
		r.types = append(r.types, string(t))
	}
	return r
}

// Run publishes until the context ends. While nothing can be published it tries
// ever less often; the events wait.
func (r *Relay) Run(ctx context.Context) {
	for wait := pause; ; {
		n, err := r.Round(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case n == batch:
			continue
		case n > 0:
			wait = breath // there may be more of the same aggregates
		case err == nil:
			wait = pause
		default:
			wait = min(2*max(wait, pause), longestPause)
		}
		if err != nil {
			r.metrics.failures.WithLabelValues(r.service).Inc()
			r.log.WarnContext(ctx, "events wait to be published", "error", err, "again_in", wait.String())
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// Round publishes the next event of each aggregate that has any, and tells how
// many. They are marked in the transaction that holds them: where that does not come
// to its end they are published again, under the same ids. What could not be
// published stays, and the error is that of the first.
func (r *Relay) Round(ctx context.Context) (published int, err error) {
	looking, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	tx, err := r.pool.Begin(looking)
	if err != nil {
		return 0, fmt.Errorf("look at outbox: %w", err)
	}
	ending := func() (context.Context, context.CancelFunc) { // also for who is told to stop
		return context.WithTimeout(context.WithoutCancel(ctx), answerTimeout)
	}
	defer func() {
		ctx, cancel := ending()
		defer cancel()
		_ = tx.Rollback(ctx)
	}()
	heads, err := outboxdb.New(tx).ClaimHeads(looking, outboxdb.ClaimHeadsParams{Types: r.types, Batch: batch})
	if err != nil {
		return 0, fmt.Errorf("claim events: %w", err)
	}
	done, failure := r.publish(ctx, heads)
	if len(done) == 0 {
		return 0, failure
	}
	marking, end := ending()
	defer end()
	if err := mark(marking, tx, done); err != nil {
		return 0, cmp.Or(failure, err)
	}
	r.metrics.published.WithLabelValues(r.service).Add(float64(len(done)))
	return len(done), failure
}

// publish gives the rows whose events are safe.
func (r *Relay) publish(ctx context.Context, rows []outboxdb.Outbox) (done []int64, failure error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	records, ids := make([]*kgo.Record, 0, len(rows)), make(map[*kgo.Record]int64, len(rows))
	spans := make(map[*kgo.Record]trace.Span, len(rows))
	for _, row := range rows {
		record, err := happened(row).Record()
		if err != nil {
			failure = cmp.Or(failure, err)
			continue
		}
		records, ids[record], spans[record] = append(records, record), row.ID, r.publishing(ctx, row, record)
	}
	if len(records) == 0 {
		return nil, failure
	}
	for _, result := range r.to.ProduceSync(ctx, records...) {
		published(spans[result.Record], result.Err)
		if result.Err != nil {
			failure = cmp.Or(failure, fmt.Errorf("publish to %s: %w", result.Record.Topic, result.Err))
			continue
		}
		done = append(done, ids[result.Record])
	}
	return done, failure
}

func happened(row outboxdb.Outbox) event.Happened {
	h := event.Happened{Type: event.Type(row.Type), Aggregate: row.AggregateID, Version: row.Version, Time: row.CreatedAt.UTC(), Data: row.Payload}
	if row.Traceparent != nil {
		h.Traceparent = *row.Traceparent
	}
	return h
}

func mark(ctx context.Context, tx pgx.Tx, ids []int64) error {
	if err := outboxdb.New(tx).MarkPublished(ctx, ids); err != nil {
		return fmt.Errorf("mark events: %w", err)
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("mark events: %w", err)
	}
	return nil
}
