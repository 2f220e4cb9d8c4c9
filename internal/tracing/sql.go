package tracing

import (
	"strings"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/metric/noop"
)

// SQL makes a span of each statement that is part of a trace, named as the query
// is; nil where nothing is traced. Neither the statement nor its parameters are
// told: the name tells which it is, and who looks at traces need not see data.
func (t *Tracing) SQL() pgx.QueryTracer {
	if !t.on {
		return nil
	}
	return otelpgx.NewTracer(otelpgx.WithTracerProvider(t), otelpgx.WithMeterProvider(noop.NewMeterProvider()), otelpgx.WithDisableSQLStatementInAttributes(),
		otelpgx.WithDisableAcquireTracer(), otelpgx.WithQuerySpanNamePrefix(), otelpgx.WithSpanNameFunc(statement))
}

// statement is the name of a query (-- name: GetOrder :one), or the first word of
// what has none: begin, commit.
func statement(sql string) string {
	rest, named := strings.CutPrefix(sql, "-- name: ")
	name, _, _ := strings.Cut(rest, " ")
	if named {
		return name
	}
	return strings.TrimRight(strings.ToLower(name), ";")
}
