package outbox_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/skaldhq/skald/db"
	"github.com/skaldhq/skald/internal/event"
	"github.com/skaldhq/skald/internal/pg"
)

// TestTold: an event has the trace of its change, whichever way that was made, where
// the trace is recorded; what the connection does next has it no more.
func TestTold(t *testing.T) {
	t.Parallel()
	const insert = "INSERT INTO outbox (aggregate_id, version, type, payload) VALUES ($1, 1, 'made', '{}') RETURNING id"
	ways := map[string]func(context.Context, pg.Telling, uuid.UUID) error{
		"exec": func(ctx context.Context, p pg.Telling, id uuid.UUID) error {
			_, err := p.Exec(ctx, insert, id)
			return err
		},
		"row": func(ctx context.Context, p pg.Telling, id uuid.UUID) error {
			var n int64
			return p.QueryRow(ctx, insert, id).Scan(&n)
		},
		"rows": func(ctx context.Context, p pg.Telling, id uuid.UUID) error {
			rows, err := p.Query(ctx, insert, id)
			if err != nil {
				return err
			}
			_, err = pgx.CollectRows(rows, pgx.RowTo[int64])
			return err
		},
		"transaction": func(ctx context.Context, p pg.Telling, id uuid.UUID) error {
			return pgx.BeginFunc(ctx, p, func(tx pgx.Tx) error {
				_, err := tx.Exec(ctx, insert, id)
				return err
			})
		},
	}
	of := func(flags oteltrace.TraceFlags) context.Context {
		return oteltrace.ContextWithSpanContext(t.Context(), oteltrace.NewSpanContext(oteltrace.SpanContextConfig{TraceID: oteltrace.TraceID{1}, SpanID: oteltrace.SpanID{2}, TraceFlags: flags}))
	}
	const told = "00-01000000000000000000000000000000-0200000000000000-01"
	for _, service := range db.Services() {
		if len(event.Types(service)) == 0 { // tells nothing
			continue
		}
		config := cluster.Database(t, service).Config()
		config.MaxConns = 1
		pool, err := pgxpool.NewWithConfig(t.Context(), config)
		require.NoError(t, err)
		t.Cleanup(pool.Close)
		for name, way := range ways {
			for _, tc := range []struct {
				ctx  context.Context //nolint:containedctx // it is what differs
				want string
			}{{of(oteltrace.FlagsSampled), told}, {of(0), ""}, {t.Context(), ""}} {
				id := uuid.New()
				require.NoError(t, way(tc.ctx, pg.Telling{Pool: pool}, id))
				var got string
				require.NoError(t, pool.QueryRow(t.Context(), "SELECT coalesce(traceparent, '') FROM outbox WHERE aggregate_id = $1", id).Scan(&got))
				require.Equal(t, tc.want, got, "%s: %s", service, name)
				require.Error(t, way(tc.ctx, pg.Telling{Pool: pool}, id), "what fails, fails")
			}
		}
	}
}

// TestPublishTraced: a publication is a span below the change, and the record tells
// consumers of it; the event tells of the change, the same however often it is
// published.
func TestPublishTraced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kept := tracetest.NewInMemoryExporter()
	traces := sdktrace.NewTracerProvider(sdktrace.WithSyncer(kept))
	write(t, w.pool, uuid.New(), 1, event.OrderCreated)
	round, err := w.relay(w.producer(t)).Traced(traces.Tracer("")).Round(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, 1, round.Published)
	spans := kept.GetSpans()
	require.Len(t, spans, 1)
	require.Equal(t, "publish order.created", spans[0].Name)
	require.Contains(t, trace, spans[0].Parent.SpanID().String())
	records := w.published(t)
	require.Len(t, records, 1)
	e, err := event.Read(records[0])
	require.NoError(t, err)
	require.Equal(t, trace, e.Extensions()["traceparent"])
	require.Contains(t, event.Headers{Record: records[0]}.Get("traceparent"), spans[0].SpanContext.SpanID().String())
}
