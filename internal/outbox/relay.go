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
	return &Relay{
		service: service, types: event.Names(service), pool: pool, to: to, metrics: metrics, log: log.With("service", service),
		tracer: noop.NewTracerProvider().Tracer(""), timeout: publishTimeout,
	}
}

// Run publishes until the context ends. What cannot be published waits, is tried ever
// less often, and holds up nothing that came after it.
func (r *Relay) Run(ctx context.Context) {
	var t troubles
	for {
		after := t.passed(time.Now())
		round, err := r.round(ctx, after, t.within(after, r.timeout))
		if ctx.Err() != nil {
			return
		}
		t.reached = t.reached || after > 0 && round.Published > 0
		switch {
		case err != nil:
			r.metrics.failures.WithLabelValues(r.service).Inc()
			if t.met(round.Failed, time.Now()) {
				r.log.WarnContext(ctx, "events wait to be published", "error", err, "again_in", t.retreat.String())
			}
		case after == 0:
			t = troubles{}
		}
		wait := pause
		switch {
		case round.Published == batch:
			continue
		case round.Published > 0:
			wait = breath // there may be more of the same aggregates
		case err != nil && round.Failed == 0:
			wait = t.retreat // the database is away
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// Round is what came of one.
type Round struct {
	Published int
	Failed    int64 // the highest row that could not be published; 0: there was none
}

// Round publishes the next event of each aggregate that has any beyond a row, which is 0
// for all. They are marked in the transaction that holds them: where that does not
// come to its end they are published again, under the same ids. What could not be
// published stays, and the error is that of the first.
func (r *Relay) Round(ctx context.Context, after int64) (Round, error) {
	return r.round(ctx, after, r.timeout)
}

func (r *Relay) round(ctx context.Context, after int64, within time.Duration) (round Round, err error) {
	looking, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	tx, err := r.pool.Begin(looking)
	if err != nil {
		return round, fmt.Errorf("look at outbox: %w", err)
	}
	ending := func() (context.Context, context.CancelFunc) { // also for who is told to stop
		return context.WithTimeout(context.WithoutCancel(ctx), answerTimeout)
	}
	defer func() {
		ctx, cancel := ending()
		defer cancel()
		_ = tx.Rollback(ctx)
	}()
	heads, err := outboxdb.New(tx).ClaimHeads(looking, outboxdb.ClaimHeadsParams{After: after, Types: r.types, Batch: batch})
	if err != nil {
		return round, fmt.Errorf("claim events: %w", err)
	}
	publishing, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	done, failed, failure := r.publish(publishing, heads)
	round.Failed = failed
	if len(done) == 0 {
		return round, failure
	}
	marking, end := ending()
	defer end()
	if err := mark(marking, tx, done); err != nil {
		return round, cmp.Or(failure, err)
	}
	r.metrics.published.WithLabelValues(r.service).Add(float64(len(done)))
	round.Published = len(done)
	return round, failure
}

// publish gives, when the context ends at the latest, the rows whose events are safe, and the highest of the others.
func (r *Relay) publish(ctx context.Context, rows []outboxdb.Outbox) (done []int64, failed int64, failure error) {
	records, ids := make([]*kgo.Record, 0, len(rows)), make(map[*kgo.Record]int64, len(rows))
	spans := make(map[*kgo.Record]trace.Span, len(rows))
	for _, row := range rows {
		record, err := happened(row).Record()
		if err != nil {
			failed, failure = max(failed, row.ID), cmp.Or(failure, err)
			continue
		}
		records, ids[record], spans[record] = append(records, record), row.ID, r.publishing(ctx, row, record)
	}
	if len(records) == 0 {
		return nil, failed, failure
	}
	for _, result := range r.to.ProduceSync(ctx, records...) {
		event.EndSpan(spans[result.Record], result.Err)
		if result.Err != nil {
			failed = max(failed, ids[result.Record])
			failure = cmp.Or(failure, fmt.Errorf("publish to %s: %w", result.Record.Topic, result.Err))
			continue
		}
		done = append(done, ids[result.Record])
	}
	return done, failed, failure
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
