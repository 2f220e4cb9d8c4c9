// Package pg is what every service's Postgres implementation shares: how a
// transaction runs, how a driver's error becomes a fault, how a page continues.
package pg

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/skaldhq/skald/internal/fault"
)

// Pool is what a store needs of a pgxpool.Pool.
type Pool interface {
	Begin(ctx context.Context) (pgx.Tx, error)
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Ping(ctx context.Context) error
}

// Constraints maps the name of a database constraint to the domain error that
// breaking it means.
type Constraints map[string]*fault.Error

// unavailable and unknown are the faults for a database that gave no answer.
var (
	errUnavailable = fault.New(fault.Unavailable, "database_unavailable", "The database is not available.")
	errUnknown     = fault.New(fault.Unknown, "commit_unknown", "The database did not say whether it committed.")
)

// Translate turns a driver's error into a fault: a broken constraint into the
// domain error it stands for, a failure that left nothing behind into
// Unavailable, anything else into Internal. A fault passes as it is.
func (c Constraints) Translate(err error) error {
	var f *fault.Error
	if err == nil || errors.As(err, &f) {
		return err
	}
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		if domain, ok := c[pgErr.ConstraintName]; ok && pgErr.ConstraintName != "" {
			return domain.Because(err)
		}
		if retryable(pgErr.Code) {
			return errUnavailable.Because(err)
		}
		return fault.From(err)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.From(err)
	}
	// What is no answer of Postgres is a failure to reach it.
	return errUnavailable.Because(err)
}

// Write is Translate for a statement that commits by itself. Postgres answers
// with an error only where it did not commit; where it gave no answer to a
// statement that may have reached it, it may have: Unknown.
func (c Constraints) Write(err error) error {
	translated := c.Translate(err)
	var answer *pgconn.PgError
	var unreached *pgconn.ConnectError
	if fault.KindOf(translated) != fault.Unavailable || errors.As(err, &answer) || errors.As(err, &unreached) || pgconn.SafeToRetry(err) {
		return translated
	}
	return errUnknown.Because(err)
}

// Breaks reports whether a statement failed on the constraint of that name.
func Breaks(err error, constraint string) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.ConstraintName == constraint
}

// retryable reports whether a SQLSTATE says that the statement had no effect
// and a later try may succeed. Source: PostgreSQL, appendix A, error codes.
func retryable(code string) bool {
	switch {
	case strings.HasPrefix(code, "08"), // connection exception
		strings.HasPrefix(code, "40"), // rollback: serialization failure, deadlock
		strings.HasPrefix(code, "53"), // insufficient resources
		strings.HasPrefix(code, "57"), // operator intervention, statement timeout
		strings.HasPrefix(code, "58"), // system error
		code == "25006",               // read-only: a standby, or a primary that gave up its place
		code == "55P03":               // lock not available
		return true
	default:
		return false
	}
}

// rollbackTimeout bounds what a connection that answers no more can hold up.
const rollbackTimeout = 5 * time.Second

// InTx runs fn in one transaction and translates what it returns. A commit
// without an answer is Unknown: it may have happened.
func (c Constraints) InTx(ctx context.Context, pool Pool, fn func(pgx.Tx) error) error {
	tx, err := pool.Begin(ctx)
	if err != nil {
		return c.Translate(err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
		defer cancel()
		_ = tx.Rollback(ctx)
	}()
	if err := fn(tx); err != nil {
		return c.Translate(err)
	}
	if err := tx.Commit(ctx); err != nil {
		var pgErr *pgconn.PgError
		if errors.As(err, &pgErr) || errors.Is(err, pgx.ErrTxCommitRollback) {
			return c.Translate(err)
		}
		return errUnknown.Because(err)
	}
	return nil
}

// Interval is a duration as Postgres takes it, to the microsecond.
func Interval(d time.Duration) pgtype.Interval {
	return pgtype.Interval{Microseconds: d.Microseconds(), Valid: true}
}
