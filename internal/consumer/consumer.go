// Package consumer deals with events that other services told: each at least once,
// those of an aggregate in their order, however many processes share the work. What
// an effect is, and that it happens once, is the handler's.
package consumer

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/skaldhq/skald/internal/event"
	"github.com/skaldhq/skald/internal/fault"
)

const (
	// batch is how many records are read at a time.
	batch = 500
	// defects is how many tries may end in a defect of ours before an event is a dead
	// letter: it may be one of the moment. Tries that ended otherwise do not count.
	defects = 5
	// firstPause and longestPause are between two tries, twice as long each time.
	firstPause   = 100 * time.Millisecond
	longestPause = 15 * time.Second
	// handleTimeout bounds a try: a database that is connected and mute is one that is
	// away.
	handleTimeout = 30 * time.Second
)

// CodeUnreadable is what is wrong with a record that no handler can be asked about.
const CodeUnreadable = "event_unreadable"

var errUnreadable = fault.New(fault.Invalid, CodeUnreadable, "The record is no event.")

// Source is where records come from.
type Source interface {
	// Poll waits for records, at most so many.
	Poll(ctx context.Context, most int) ([]*kgo.Record, error)
	// Commit keeps that records were dealt with.
	Commit(ctx context.Context, records ...*kgo.Record) error
	// Lag tells of each topic how many records were not dealt with.
	Lag(ctx context.Context) (map[string]int64, error)
}

// Handler gives events their effect.
type Handler interface {
	// Handle returns when the effect of the event is safe. fresh: it had one now. A
	// fault that is Definite means that it never will; one that is Unavailable or
	// Unknown, that it has to be tried again; anything else is a defect of ours.
	Handle(ctx context.Context, e cloudevents.Event) (fresh bool, err error)
}

// Consumer deals with the records of a source, one after the other.
type Consumer struct {
	name    string
	from    Source
	to      Handler
	letters Letters
	metrics *Metrics
	tracer  trace.Tracer
	log     *slog.Logger
}

// New returns the consumer of a name. What it cannot deal with goes to the letters.
func New(name string, from Source, to Handler, letters Letters, metrics *Metrics, log *slog.Logger) *Consumer {
	return &Consumer{
		name: name, from: from, to: to, letters: letters, metrics: metrics,
		tracer: noop.NewTracerProvider().Tracer(""), log: log.With("consumer", name),
	}
}

// Run deals with records until the context ends. While there is nothing to read them
// from, or nothing to have their effect on, it tries ever less often.
func (c *Consumer) Run(ctx context.Context) {
	for ctx.Err() == nil {
		var records []*kgo.Record
		c.persist(ctx, "read events", func() (err error) { records, err = c.from.Poll(ctx, batch); return err })
		for _, r := range records {
			c.deal(ctx, r)
		}
		if ctx.Err() == nil && len(records) > 0 {
			if err := c.from.Commit(ctx, records...); err != nil { // they are read again, and have no effect then
				c.log.WarnContext(ctx, "events may come again", "error", err)
			}
		}
	}
}

// deal returns when a record has had its effect or is a dead letter, or the context
// has ended.
func (c *Consumer) deal(ctx context.Context, r *kgo.Record) {
	failed := 0 // with a defect
	c.persist(ctx, "deal with an event", func() error {
		e, fresh, err := c.try(ctx, r)
		f := fault.From(err)
		switch {
		case err == nil:
			c.metrics.dealt(c.name, event.Type(e.Type()), fresh)
			return nil
		case f.Kind == fault.Internal:
			if failed++; failed < defects {
				return err
			}
		case !f.Kind.Definite():
			return err
		}
		// Where it cannot be buried the handler is asked again: what is wrong with the
		// grave may be what was wrong with the handler.
		return c.bury(ctx, r, e, err)
	})
}

// bury makes a record a dead letter, and tells of it once.
func (c *Consumer) bury(ctx context.Context, r *kgo.Record, e cloudevents.Event, why error) error {
	ctx, cancel := context.WithTimeout(ctx, handleTimeout)
	defer cancel()
	f := fault.From(why)
	b, err := c.letters.Bury(ctx, c.name, r, e, f)
	if b.Fresh {
		c.metrics.buried.WithLabelValues(c.name, f.Code).Inc()
		c.log.LogAttrs(ctx, slog.LevelError, "dead letter", append(fault.Attrs(why), place(r)...)...)
	}
	if b.Unpublished != nil {
		c.metrics.unpublished.WithLabelValues(c.name).Inc()
		c.log.LogAttrs(ctx, slog.LevelError, "dead letter is in the table alone", append(place(r), slog.Any("error", b.Unpublished))...)
	}
	return err
}

// try gives a record's event its effect.
func (c *Consumer) try(ctx context.Context, r *kgo.Record) (e cloudevents.Event, fresh bool, err error) {
	err = guarded(func() (err error) {
		if e, err = event.Read(r); err != nil {
			e = cloudevents.Event{}
			return errUnreadable.Because(err)
		}
		ctx, span := c.consuming(ctx, r, e)
		defer func() { event.EndSpan(span, err) }()
		ctx, cancel := context.WithTimeout(ctx, handleTimeout)
		defer cancel()
		return guarded(func() (err error) { fresh, err = c.to.Handle(ctx, e); return err })
	})
	return e, fresh, err
}

// guarded turns a panic into a defect: a record must not end a process that would read
// it again.
func guarded(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.From(fmt.Errorf("panic of a %T", p))
		}
	}()
	return do()
}

// persist does something until it is done or the context has ended, ever less often.
func (c *Consumer) persist(ctx context.Context, what string, do func() error) {
	for wait := firstPause; ; wait = min(2*wait, longestPause) {
		err := guarded(do)
		if err == nil || ctx.Err() != nil {
			return
		}
		c.metrics.failures.WithLabelValues(c.name).Inc()
		c.log.LogAttrs(ctx, slog.LevelWarn, "cannot "+what, append(fault.Attrs(err), slog.String("again_in", wait.String()))...)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// place is where a record is, for logs.
func place(r *kgo.Record) []slog.Attr {
	return []slog.Attr{slog.String("topic", r.Topic), slog.Int("partition", int(r.Partition)), slog.Int64("offset", r.Offset)}
}
