package paymentpg_test

import (
	"context"
	"io"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/payment/paymentpg"
	"github.com/skaldhq/skald/services/payment/paymenttest"
)

// wire is a pool that counts what is sent, and loses the answer to one
// statement after Postgres has committed it.
type wire struct {
	*pgxpool.Pool
	sent, lose int
}

func (w *wire) lost() bool { w.sent++; return w.sent == w.lose }

func (w *wire) Begin(ctx context.Context) (pgx.Tx, error) {
	w.sent++
	return w.Pool.Begin(ctx)
}

func (w *wire) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	tag, err := w.Pool.Exec(ctx, sql, args...)
	if w.lost() {
		return pgconn.CommandTag{}, io.ErrUnexpectedEOF
	}
	return tag, err
}

func (w *wire) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return lossy{w.Pool.QueryRow(ctx, sql, args...), w.lost()}
}

type lossy struct {
	pgx.Row
	lost bool
}

func (r lossy) Scan(into ...any) error {
	if err := r.Row.Scan(into...); err != nil || !r.lost {
		return err
	}
	return io.ErrUnexpectedEOF
}

// TestStatements: what a payment costs, each statement a round trip; and that
// the answer to any of them may get lost.
func TestStatements(t *testing.T) {
	t.Parallel()
	provider, server := simulated(t)
	w := &wire{Pool: cluster.Database(t, "payment")}
	store := paymentpg.New(w, provider)
	pay := func(r payment.AuthorizeRequest) (err error) {
		if _, err = store.AuthorizePayment(t.Context(), r); err != nil {
			return err
		}
		_, err = store.CapturePayment(t.Context(), payment.OrderRequest{OrderID: r.OrderID})
		return err
	}
	require.NoError(t, pay(paymenttest.Request()))
	statements := w.sent
	require.Equal(t, 3+2, statements) // begin, store, record; begin, record

	for n := 1; n <= statements; n++ {
		r := paymenttest.Request()
		w.sent, w.lose = 0, n
		err := pay(r)
		require.Equal(t, fault.Unknown, fault.KindOf(err), "statement %d: %v", n, err)
		require.NoError(t, pay(r), "statement %d", n)
		require.Equal(t, []string{"authorize", "capture"}, effects(t, server, r.OrderID), "statement %d", n)
		require.Equal(t, []string{"authorize", "capture"}, booked(t, w.Pool, r.OrderID), "statement %d", n)
	}
}

// TestStatementsSeeWhatTheyWaitedFor: a statement that waits for the payment's
// lock acts on the payment as it is then, not as it was when it began to wait.
func TestStatementsSeeWhatTheyWaitedFor(t *testing.T) {
	t.Parallel()
	b := script(t)
	r := paymenttest.Request()
	order := payment.OrderRequest{OrderID: r.OrderID}
	_, err := b.AuthorizePayment(t.Context(), r)
	require.NoError(t, err)

	meanwhile(t, b.pool, "UPDATE payments SET barred = true")
	_, err = b.CapturePayment(t.Context(), order)
	require.ErrorIs(t, err, payment.ErrVoided, "the begin of a capture")
	b.did(t, r.OrderID, "authorize")
	_, err = b.pool.Exec(t.Context(), "UPDATE payments SET barred = false")
	require.NoError(t, err)

	b.provider.capture = func(ctx context.Context, intentID, key string) (payment.Intent, error) {
		b.provider.recovers()
		intent, err := b.provider.CaptureIntent(ctx, intentID, key)
		meanwhile(t, b.pool, "UPDATE payments SET status = 'refunded', captured = amount, refunded = amount")
		return intent, err
	}
	p, err := b.CapturePayment(t.Context(), order)
	require.NoError(t, err)
	require.Equal(t, payment.Refunded, p.Status, "a late answer never takes the payment back")
	b.did(t, r.OrderID, "authorize", "capture")
}

// meanwhile runs a statement that commits when another waits for its locks.
func meanwhile(t *testing.T, pool *pgxpool.Pool, sql string) {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), sql)
	require.NoError(t, err)
	ctx := context.WithoutCancel(t.Context()) // who waited may be done before this is
	done := make(chan struct{})
	t.Cleanup(func() { <-done })
	go func() {
		defer close(done)
		for waits := false; !waits; {
			const others = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
			if err := pool.QueryRow(ctx, others).Scan(&waits); err != nil {
				break
			}
		}
		assert.NoError(t, tx.Commit(ctx))
	}()
}
