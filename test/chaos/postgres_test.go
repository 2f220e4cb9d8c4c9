package chaos_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// onDatabase runs fn on a service's own database, past the network.
func (w *world) onDatabase(ctx context.Context, service string, fn func(context.Context, *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, w.infra.Databases[service])
	for err != nil && ctx.Err() == nil { // it may be recovering
		last(ctx, 50*time.Millisecond)
		conn, err = pgx.Connect(ctx, w.infra.Databases[service])
	}
	if err != nil {
		return fmt.Errorf("connect to database %s: %w", service, err)
	}
	err = fn(ctx, conn)
	_ = conn.Close(ctx) // others may have ended it
	return err
}

// crashPostgres kills the backend of one connection with SIGKILL, after which
// Postgres ends all of them and recovers from its log.
func crashPostgres(ctx context.Context, w *world, r *rand.Rand, began func()) (hit, error) {
	w.restarting.RLock()
	defer w.restarting.RUnlock()
	service := []string{"order", "inventory", "payment"}[r.IntN(3)]
	err := w.onDatabase(ctx, service, func(ctx context.Context, conn *pgx.Conn) error {
		began()
		var pid int
		if err := conn.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
			return missedIfEnded(err)
		}
		return syscall.Kill(pid, syscall.SIGKILL)
	})
	if err == nil { // it lasts until it is there again
		err = w.onDatabase(ctx, service, func(context.Context, *pgx.Conn) error { return nil })
	}
	return everywhere("all databases"), err
}

// endConnections has Postgres end a service's connections.
func endConnections(ctx context.Context, w *world, r *rand.Rand, began func()) (hit, error) {
	w.restarting.RLock()
	defer w.restarting.RUnlock()
	began()
	service := []string{"order", "inventory", "payment", "user", "pricing"}[r.IntN(5)]
	outcome := errMissed
	for range 3 {
		err := w.onDatabase(ctx, service, endOthers)
		switch {
		case err == nil:
			outcome = nil
		case !errors.Is(err, errMissed):
			return database(service), err
		}
		last(ctx, 400*time.Millisecond)
	}
	return database(service), outcome
}

// endOthers ends the other connections of a database's user.
func endOthers(ctx context.Context, conn *pgx.Conn) error {
	var ended int
	err := conn.QueryRow(ctx, `SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE usename = current_user AND pid <> pg_backend_pid()`).Scan(&ended)
	if err == nil && ended == 0 {
		return errMissed
	}
	return missedIfEnded(err)
}

// holdRowLocks locks the rows that everybody needs for some seconds. It misses
// where nobody waits for one of them at the end.
func holdRowLocks(ctx context.Context, w *world, r *rand.Rand, began func()) (hit, error) {
	w.restarting.RLock()
	defer w.restarting.RUnlock()
	held := []struct{ service, rows string }{
		{"inventory", "SELECT FROM stock FOR UPDATE"},
		{"order", "SELECT FROM orders WHERE status IN ('pending', 'awaiting_payment', 'confirmed') FOR UPDATE"},
		{"payment", "SELECT FROM payments WHERE status NOT IN ('voided', 'declined') FOR UPDATE"},
	}[r.IntN(3)]
	d := between(r, 2*time.Second, 7*time.Second)
	err := w.onDatabase(ctx, held.service, func(ctx context.Context, conn *pgx.Conn) error {
		began()
		locked, err := conn.Exec(ctx, "BEGIN; "+held.rows)
		if err != nil || locked.RowsAffected() == 0 {
			return cmp.Or(missedIfEnded(err), errMissed)
		}
		if _, err := conn.Exec(ctx, "SELECT pg_sleep($1)", d.Seconds()); err != nil {
			return missedIfEnded(err)
		}
		var waiting bool
		err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)))").Scan(&waiting)
		return cmp.Or(missedIfEnded(err), missedUnless(waiting))
	})
	return database(held.service), err
}

// missedIfEnded is for what another fault kept from its effect.
func missedIfEnded(err error) error {
	if ended(err) {
		return errMissed
	}
	return err
}

// ended tells the error of a connection that another fault ended, and of a
// deadlock in which it was made to give way.
func ended(err error) bool {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return refused.Code == "40P01" || strings.HasPrefix(refused.Code, "57P")
	}
	return err != nil // the connection broke
}
