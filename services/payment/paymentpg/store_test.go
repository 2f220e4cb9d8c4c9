package paymentpg_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/devstack/psp"
	"github.com/skaldhq/skald/internal/pgtest"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/payment/paymentpg"
	"github.com/skaldhq/skald/services/payment/paymenttest"
	"github.com/skaldhq/skald/services/payment/stripepay"
)

var cluster pgtest.Cluster

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

// open returns the service on a database of its own and a simulator of its own.
func open(t *testing.T) (*paymentpg.Store, *pgxpool.Pool, *httptest.Server) {
	t.Helper()
	provider, server := simulated(t)
	pool := cluster.Database(t, "payment")
	return paymentpg.New(pool, provider), pool, server
}

// simulated returns a simulator and its client.
func simulated(t *testing.T) (payment.Provider, *httptest.Server) {
	t.Helper()
	simulator, err := psp.New(psp.Options{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	server := httptest.NewServer(simulator.Handler())
	t.Cleanup(func() {
		server.CloseClientConnections()
		require.NoError(t, simulator.Close())
		server.Close()
	})
	return client(server, 0), server
}

// client waits for a simulator's answer as long as is usual, or shorter.
func client(server *httptest.Server, timeout time.Duration) payment.Provider {
	return stripepay.New(stripepay.Config{Key: "sk_test", URL: server.URL, WebhookSecret: "whsec", Timeout: timeout})
}

// effects are the provider's successful effects on an order, in order.
func effects(t *testing.T, server *httptest.Server, orderID string) (done []string) {
	t.Helper()
	response, err := http.Get(server.URL + "/_log")
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	var log []psp.Entry
	require.NoError(t, json.NewDecoder(response.Body).Decode(&log))
	for _, e := range log {
		if subjectOf(e) == orderID && e.Outcome == "succeeded" && e.Operation != "create" {
			done = append(done, e.Operation)
		}
	}
	return done
}

// subjectOf is whose money an entry of the provider's log is about.
func subjectOf(e psp.Entry) string {
	return cmp.Or(e.Metadata["order_id"], e.Metadata["payment_id"])
}

// booked are the kinds of the ledger's transactions of an order, in order.
func booked(t *testing.T, pool *pgxpool.Pool, orderID string) []string {
	t.Helper()
	of, err := payment.ParseSubject(orderID)
	require.NoError(t, err)
	rows, err := pool.Query(context.Background(), "SELECT kind FROM ledger_transactions WHERE order_id = $1 ORDER BY id", of.ID)
	require.NoError(t, err)
	kinds, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	if len(kinds) == 0 {
		return nil
	}
	return kinds
}

func TestStore(t *testing.T) {
	t.Parallel()
	suite(t, inProcess)
}

// TestAcrossTheNetwork: nobody can tell a service from its client.
func TestAcrossTheNetwork(t *testing.T) {
	t.Parallel()
	suite(t, acrossNetwork)
}

// TestOwn: a payment of its own has the barrier that an order's has.
func TestOwn(t *testing.T) {
	t.Parallel()
	paymenttest.RunOwn(t, benchOf(t, inProcess))
}

// suite holds the service to its contract, however it is reached.
func suite(t *testing.T, reach func(*testing.T, payment.Service) payment.Service) {
	t.Helper()
	paymenttest.Run(t, benchOf(t, reach))
}

// benchOf is a service of its own, however it is reached.
func benchOf(t *testing.T, reach func(*testing.T, payment.Service) payment.Service) paymenttest.Bench {
	t.Helper()
	store, pool, server := open(t)
	t.Cleanup(func() { requireSums(t, pool) })
	return paymenttest.Bench{
		Service:   reach(t, store),
		Impatient: reach(t, paymentpg.New(pool, client(server, 300*time.Millisecond))),
		Effects:   func(orderID string) []string { return effects(t, server, orderID) },
		Booked:    func(t *testing.T, orderID string) []string { t.Helper(); return booked(t, pool, orderID) },
		Refunds:   func(t *testing.T, orderID string) map[string]int64 { t.Helper(); return refundsAt(t, server, orderID) },
		BookedRefunds: func(t *testing.T, orderID string) map[string]int64 {
			t.Helper()
			return bookedRefunds(t, pool, orderID)
		},
		Fail: func(t *testing.T, operation, kind string) {
			t.Helper()
			body := fmt.Sprintf(`{"operation":%q,"kind":%q,"calls":1,"delay_ms":400}`, operation, kind)
			response, err := http.Post(server.URL+"/_faults", "application/json", strings.NewReader(body))
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			require.Equal(t, http.StatusCreated, response.StatusCode)
		},
	}
}

// TestLedger: the database itself keeps the ledger balanced and append-only.
func TestLedger(t *testing.T) {
	t.Parallel()
	store, pool, _ := open(t)
	_, err := store.AuthorizePayment(t.Context(), paymenttest.Request())
	require.NoError(t, err)
	for sql, constraint := range map[string]string{
		"UPDATE ledger_entries SET amount = amount + 1": "ledger_append_only",
		"DELETE FROM ledger_entries":                    "ledger_append_only",
		"TRUNCATE ledger_transactions CASCADE":          "ledger_append_only",
		"INSERT INTO ledger_entries (transaction_id, account, amount, currency) SELECT id, 'customer', 1, 'EUR' FROM ledger_transactions": "ledger_balanced",
		"INSERT INTO ledger_transactions (payment_id, order_id, kind) SELECT id, order_id, 'void' FROM payments":                          "ledger_balanced",
	} {
		_, err := pool.Exec(t.Context(), sql)
		var pgErr *pgconn.PgError
		require.ErrorAs(t, err, &pgErr, sql)
		require.Equal(t, constraint, pgErr.ConstraintName, sql)
	}
}
