package pg

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/trace"
)

// Telling is a pool whose changes know the trace that they belong to: a row of an
// outbox has it from the setting skald.traceparent of its transaction. Telling it
// costs no round trip, and nothing where the trace is not recorded.
type Telling struct{ *pgxpool.Pool }

// tell sets the trace for the transaction that it is in.
const tell = "-- name: TellTrace :one\nSELECT set_config('skald.traceparent', $1, true)"

// Begin begins a transaction.
func (t Telling) Begin(ctx context.Context) (pgx.Tx, error) {
	if parent := traceparent(ctx); parent != "" {
		return t.BeginTx(ctx, pgx.TxOptions{BeginQuery: "begin; SET LOCAL skald.traceparent = '" + parent + "'"}) // hexadecimal digits
	}
	return t.Pool.Begin(ctx)
}

// Exec runs a statement that commits by itself.
func (t Telling) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	parent := traceparent(ctx)
	if parent == "" || reads(sql) {
		return t.Pool.Exec(ctx, sql, args...)
	}
	results := t.told(ctx, parent, sql, args)
	tag, err := results.Exec()
	return tag, cmp.Or(err, results.Close())
}

// Query runs a statement that commits by itself, and gives its rows.
func (t Telling) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	parent := traceparent(ctx)
	if parent == "" || reads(sql) {
		return t.Pool.Query(ctx, sql, args...)
	}
	results := t.told(ctx, parent, sql, args)
	rows, err := results.Query()
	if err != nil {
		return nil, cmp.Or(err, results.Close())
	}
	return &toldRows{Rows: rows, end: results.Close}, nil
}

// QueryRow runs a statement that commits by itself, and gives its row.
func (t Telling) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	parent := traceparent(ctx)
	if parent == "" || reads(sql) {
		return t.Pool.QueryRow(ctx, sql, args...)
	}
	results := t.told(ctx, parent, sql, args)
	return toldRow{results.QueryRow(), results.Close}
}

// told sends the trace and a statement together: what is sent so is one
// transaction. The trace's own result is taken.
func (t Telling) told(ctx context.Context, parent, sql string, args []any) pgx.BatchResults {
	var both pgx.Batch
	both.Queue(tell, parent)
	both.Queue(sql, args...)
	results := t.SendBatch(ctx, &both)
	_, _ = results.Exec() // what is wrong with it, the statement tells too
	return results
}

// reads tells of a query, as sqlc has it, that it changes nothing.
func reads(sql string) bool {
	if named, rest, ok := strings.Cut(sql, "\n"); ok && strings.HasPrefix(named, "-- name: ") {
		sql = rest
	}
	return strings.HasPrefix(sql, "SELECT")
}

// traceparent is the context's trace (W3C Trace Context), where it is recorded.
func traceparent(ctx context.Context) string {
	s := trace.SpanContextFromContext(ctx)
	if !s.IsSampled() {
		return ""
	}
	return fmt.Sprintf("00-%s-%s-%s", s.TraceID(), s.SpanID(), s.TraceFlags()&trace.FlagsSampled)
}

// toldRow is one row; reading it ends the statement.
type toldRow struct {
	pgx.Row

	end func() error
}

// Scan reads the row.
func (r toldRow) Scan(into ...any) error {
	err := r.Row.Scan(into...)
	return cmp.Or(err, r.end())
}

// toldRows are rows; the end of them is that of the statement.
type toldRows struct {
	pgx.Rows

	end func() error
	err error
}

// Next goes to the next row.
func (r *toldRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

// Close ends the statement.
func (r *toldRows) Close() {
	r.Rows.Close()
	if r.end != nil {
		r.err, r.end = r.end(), nil
	}
}

// Err is what the statement failed with.
func (r *toldRows) Err() error { return cmp.Or(r.Rows.Err(), r.err) }
