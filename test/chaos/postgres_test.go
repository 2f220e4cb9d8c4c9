package chaos_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// onDatabase runs fn on a service's own database, past the network.
func (w *world) onDatabase(ctx context.Context, service string, fn func(context.Context, *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, w.infra.Databases[service])
	if err != nil {
		return fmt.Errorf("connect to database %s: %w", service, err)
	}
	return errors.Join(fn(ctx, conn), conn.Close(context.WithoutCancel(ctx)))
}

// crashPostgres kills the backend of one connection with SIGKILL, after which
// Postgres ends all of them and recovers from its log.
func crashPostgres(ctx context.Context, w *world, r *rand.Rand) (string, error) {
	w.restarting.RLock()
	defer w.restarting.RUnlock()
	service := []string{"order", "inventory", "payment"}[r.IntN(3)]
	err := w.onDatabase(ctx, service, func(ctx context.Context, conn *pgx.Conn) error {
		var pid int
		if err := conn.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
			return err
		}
		return syscall.Kill(pid, syscall.SIGKILL)
	})
	last(ctx, time.Second)
	return "all databases", err
}

// endConnections has Postgres end a service's connections.
func endConnections(ctx context.Context, w *world, r *rand.Rand) (string, error) {
	w.restarting.RLock()
	defer w.restarting.RUnlock()
	service := []string{"order", "inventory", "payment", "user", "pricing"}[r.IntN(5)]
	for range 3 {
		err := w.onDatabase(ctx, service, func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()")
			return err
		})
		if err != nil && ctx.Err() == nil {
			return service, err
		}
		last(ctx, 400*time.Millisecond)
	}
	return service, nil
}

// holdRowLocks locks the rows that everybody needs for some seconds.
func holdRowLocks(ctx context.Context, w *world, r *rand.Rand) (string, error) {
	w.restarting.RLock()
	defer w.restarting.RUnlock()
	held := []struct{ service, rows string }{
		{"inventory", "SELECT FROM stock FOR UPDATE"},
		{"order", "SELECT FROM orders WHERE status IN ('pending', 'awaiting_payment', 'confirmed') FOR UPDATE"},
		{"payment", "SELECT FROM payments WHERE status NOT IN ('voided', 'declined') FOR UPDATE"},
	}[r.IntN(3)]
	d := between(r, 2*time.Second, 7*time.Second)
	err := w.onDatabase(ctx, held.service, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "BEGIN; "+held.rows)
		var refused *pgconn.PgError
		if errors.As(err, &refused) && refused.Code == deadlock {
			return nil
		}
		if err != nil {
			return err
		}
		last(ctx, d)
		_, err = conn.Exec(context.WithoutCancel(ctx), "ROLLBACK")
		return err
	})
	return held.service, err
}

// deadlock is the code of who is made to give way: others had it locked, which
// is as good.
const deadlock = "40P01"

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
