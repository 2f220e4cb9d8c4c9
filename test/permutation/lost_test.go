package permutation_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/inventory/inventorypg"
	"github.com/skaldhq/skald/services/order/orderpg"
	"github.com/skaldhq/skald/services/payment/paymentpg"
	"github.com/skaldhq/skald/services/payment/stripepay"
	"github.com/skaldhq/skald/test/permutation"
)

// wire is a pool that loses one statement on its way to Postgres, or the answer
// to it on the way back. Of a transaction that loses one nothing is left.
type wire struct {
	*pgxpool.Pool
	sent, lose int
	answer     bool // the statement arrives
}

func (w *wire) lost() bool { w.sent++; return w.sent == w.lose }

func (w *wire) Begin(ctx context.Context) (pgx.Tx, error) {
	tx, err := w.Pool.Begin(ctx)
	return wiredTx{tx, w}, err
}

func (w *wire) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return exec(ctx, w, w.Pool, sql, args)
}

func (w *wire) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return query(ctx, w, w.Pool, sql, args)
}

func (w *wire) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return queryRow(ctx, w, w.Pool, sql, args)
}

// wiredTx is a transaction on a wire.
type wiredTx struct {
	pgx.Tx
	wire *wire
}

func (tx wiredTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return exec(ctx, tx.wire, tx.Tx, sql, args)
}

func (tx wiredTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return query(ctx, tx.wire, tx.Tx, sql, args)
}

func (tx wiredTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return queryRow(ctx, tx.wire, tx.Tx, sql, args)
}

func (tx wiredTx) Commit(ctx context.Context) error {
	if !tx.wire.lost() {
		return tx.Tx.Commit(ctx)
	}
	if tx.wire.answer {
		_ = tx.Tx.Commit(ctx)
	}
	return io.ErrUnexpectedEOF
}

// database is a pool or a transaction.
type database interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func exec(ctx context.Context, w *wire, on database, sql string, args []any) (pgconn.CommandTag, error) {
	lost := w.lost()
	if lost && !w.answer {
		return pgconn.CommandTag{}, io.ErrUnexpectedEOF
	}
	tag, err := on.Exec(ctx, sql, args...)
	if lost {
		return pgconn.CommandTag{}, io.ErrUnexpectedEOF
	}
	return tag, err
}

func query(ctx context.Context, w *wire, on database, sql string, args []any) (pgx.Rows, error) {
	lost := w.lost()
	if lost && !w.answer {
		return nil, io.ErrUnexpectedEOF
	}
	rows, err := on.Query(ctx, sql, args...)
	if lost && err == nil {
		rows.Close()
		err = io.ErrUnexpectedEOF
	}
	return rows, err
}

func queryRow(ctx context.Context, w *wire, on database, sql string, args []any) pgx.Row {
	if lost := w.lost(); lost && !w.answer {
		return nothing{}
	} else if lost {
		return nothing{on.QueryRow(ctx, sql, args...)}
	}
	return on.QueryRow(ctx, sql, args...)
}

// nothing is the row of an answer that is lost.
type nothing struct{ row pgx.Row }

func (n nothing) Scan(into ...any) error {
	if n.row != nil {
		_ = n.row.Scan(into...)
	}
	return io.ErrUnexpectedEOF
}

// loseEach runs sequences once for each statement of them, which is lost, or
// its answer. Each operation is done again until its answer is definite. That and
// the rows are the model's then; no invariant is broken before either.
func loseEach(t *testing.T, w *wire, table, violations string, open func() subject, sequences ...string) {
	t.Helper()
	for _, sequence := range sequences {
		for _, w.answer = range []bool{false, true} {
			losses := 0
			for losing := 1; ; losing++ {
				w.lose = 0
				on, m, lost := open(), permutation.Model{Table: table}, false
				w.sent, w.lose = 0, losing
				for _, op := range strings.Fields(sequence) {
					err := on.do(t.Context(), op)
					for ; err != nil && !fault.KindOf(err).Definite(); err = on.do(t.Context(), op) {
						require.False(t, lost, "%s: %s is not definite after statement %d: %v", sequence, op, losing, err)
						requireNone(t, w.Pool, violations)
						lost = true
					}
					var want string
					m, want = m.Do(op)
					require.Equal(t, want, answer(err), "%s: %s after statement %d was lost", sequence, op, losing)
				}
				rows, err := on.rows(t.Context())
				require.NoError(t, err)
				require.Equal(t, m.Rows(), rows, "%s after statement %d was lost", sequence, losing)
				requireNone(t, w.Pool, violations)
				if w.sent < losing {
					break
				}
				losses++
			}
			t.Logf("%s: %d statements, answer lost: %t", sequence, losses, w.answer)
			require.Positive(t, losses)
		}
	}
}

func TestLostStatements(t *testing.T) {
	t.Parallel()
	t.Run("stock", func(t *testing.T) {
		t.Parallel()
		i := openInventory(t)
		w := &wire{Pool: i.pool}
		i.service = inventorypg.New(w)
		loseEach(t, w, permutation.Stock, stockViolations, func() subject { return i.open(t) },
			"reserve commit refund-part refund-rest", "reserve release", "reserve expire commit", "release reserve", "reserve-more release")
	})
	t.Run("payment", func(t *testing.T) {
		t.Parallel()
		p := openPayment(t)
		w := &wire{Pool: p.pool}
		p.service = paymentpg.New(w, stripepay.New(stripepay.Config{Key: "sk_test", URL: p.server.URL}))
		loseEach(t, w, permutation.Payment, paymentViolations, p.open,
			"authorize capture refund-part refund-rest", "authorize-asking act authorize capture", "authorize-asking act void", "authorize void", "void authorize", "authorize-declined void")
	})
	t.Run("order", func(t *testing.T) {
		t.Parallel()
		o := openOrder(t)
		w := &wire{Pool: o.pool}
		o.service = orderpg.New(w)
		loseEach(t, w, permutation.Order, orderViolations, o.open,
			"create await confirm leave refund-part finish-part refund-rest finish-rest", "create mark-new reject", "create confirm undo-part refund-part")
	})
}
