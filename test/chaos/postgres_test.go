package chaos_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
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
func crashPostgres(ctx context.Context, w *world, r *rand.Rand, began func()) (string, error) {
	w.restarting.RLock()
	defer w.restarting.RUnlock()
	began()
	service := []string{"order", "inventory", "payment"}[r.IntN(3)]
	err := w.onDatabase(ctx, service, func(ctx context.Context, conn *pgx.Conn) error {
		var pid int
		if err := conn.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
			return err
		}
		return syscall.Kill(pid, syscall.SIGKILL)
	})
	if err == nil { // it lasts until it is there again
		err = w.onDatabase(ctx, service, func(context.Context, *pgx.Conn) error { return nil })
	}
	return "all databases", err
}

// endConnections has Postgres end a service's connections.
func endConnections(ctx context.Context, w *world, r *rand.Rand, began func()) (string, error) {
	w.restarting.RLock()
	defer w.restarting.RUnlock()
	began()
	service := []string{"order", "inventory", "payment", "user", "pricing"}[r.IntN(5)]
	for range 3 {
		err := w.onDatabase(ctx, service, func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()")
			return unlessEnded(err)
		})
		if err != nil {
			return service, err
		}
		last(ctx, 400*time.Millisecond)
	}
	return service, nil
}

// holdRowLocks locks the rows that everybody needs for some seconds.
func holdRowLocks(ctx context.Context, w *world, r *rand.Rand, began func()) (string, error) {
	w.restarting.RLock()
	defer w.restarting.RUnlock()
	began()
	held := []struct{ service, rows string }{
		{"inventory", "SELECT FROM stock FOR UPDATE"},
		{"order", "SELECT FROM orders WHERE status IN ('pending', 'awaiting_payment', 'confirmed') FOR UPDATE"},
		{"payment", "SELECT FROM payments WHERE status NOT IN ('voided', 'declined') FOR UPDATE"},
	}[r.IntN(3)]
	d := between(r, 2*time.Second, 7*time.Second)
	err := w.onDatabase(ctx, held.service, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "BEGIN; "+held.rows)
		if err != nil {
			return unlessEnded(err)
		}
		last(ctx, d)
		_, err = conn.Exec(ctx, "ROLLBACK")
		return unlessEnded(err)
	})
	return held.service, err
}

// unlessEnded drops the error of a connection that another fault ended, and of a
// deadlock in which it was made to give way: both are as good.
func unlessEnded(err error) error {
	var refused *pgconn.PgError
	if errors.As(err, &refused) && (refused.Code == "40P01" || strings.HasPrefix(refused.Code, "57P")) {
		return nil
	}
	if err != nil && refused == nil {
		return nil //nolint:nilerr // the connection broke
	}
	return err
}

// provider asks the payment simulator's fault page. While the infrastructure is
// away it waits; a simulator that was started anew has no faults.
func (w *world) provider(ctx context.Context, method, path string, body any) error {
	w.restarting.RLock()
	defer w.restarting.RUnlock()
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+w.psp+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode >= 300 {
		return fmt.Errorf("the simulator answered %d", response.StatusCode)
	}
	return nil
}
