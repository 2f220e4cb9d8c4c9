package paymentpg_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/devstack/psp"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/payment/paymentpg"
	"github.com/skaldhq/skald/services/payment/paymenttest"
)

// refundsAt are the amounts that the provider refunded of an order, by our id.
func refundsAt(t *testing.T, server *httptest.Server, orderID string) map[string]int64 {
	t.Helper()
	response, err := http.Get(server.URL + "/_log")
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	var log []psp.Entry
	require.NoError(t, json.NewDecoder(response.Body).Decode(&log))
	amounts := map[string]int64{}
	for _, e := range log {
		if subjectOf(e) != orderID || e.Operation != "refund" || e.Outcome != "succeeded" {
			continue
		}
		id := e.Metadata["refund_id"]
		require.NotContains(t, amounts, id, "refunded twice")
		require.Equal(t, orderID+":refund:"+id, e.IdempotencyKey)
		amounts[id] = e.Amount
	}
	return amounts
}

// bookedRefunds are what the ledger says went back to the customer, by refund.
func bookedRefunds(t *testing.T, pool *pgxpool.Pool, orderID string) map[string]int64 {
	t.Helper()
	of, err := payment.ParseSubject(orderID)
	require.NoError(t, err)
	rows, err := pool.Query(context.Background(), `
		SELECT t.refund_id, e.amount FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
		WHERE t.order_id = $1 AND t.kind = 'refund' AND e.account = 'customer'`, of.ID)
	require.NoError(t, err)
	amounts := map[string]int64{}
	var (
		id     [16]byte
		amount int64
	)
	_, err = pgx.ForEachRow(rows, []any{&id, &amount}, func() error {
		amounts[payment.RefundIDPrefix.Format(id)] += amount
		return nil
	})
	require.NoError(t, err)
	return amounts
}

// requireSums: what payments say of their refunds is the sum of those, and of
// the ledger.
func requireSums(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // the test's own is over
	defer cancel()
	var wrong int
	assert.NoError(t, pool.QueryRow(ctx, `
		SELECT count(*) FROM payments p
		CROSS JOIN LATERAL (
		    SELECT coalesce(sum(amount) FILTER (WHERE r.status = 'requested'), 0) AS refunding,
		           coalesce(sum(amount) FILTER (WHERE r.status = 'done'), 0) AS refunded
		    FROM payment_refunds r WHERE r.order_id = p.order_id
		) sums
		CROSS JOIN LATERAL (
		    SELECT coalesce(sum(e.amount), 0) AS captured FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
		    WHERE t.payment_id = p.id AND e.account = 'captured'
		) ledger
		WHERE p.refunding <> sums.refunding OR p.refunded <> sums.refunded OR p.captured - p.refunded <> ledger.captured
		   OR (p.status = 'refunded') <> (p.captured > 0 AND p.refunded = p.captured)`).Scan(&wrong))
	assert.Zero(t, wrong, "payments that are not the sums of their refunds")
}

func refundOf(orderID string, amount int64) payment.RefundRequest {
	return payment.RefundRequest{OrderID: orderID, RefundID: payment.RefundIDPrefix.New(), Amount: money.New(amount, "EUR")}
}

// TestRefundIsOpenWhileTheProviderWorksOnIt: neither a yes nor a no, and its
// amount stays set aside.
func TestRefundIsOpenWhileTheProviderWorksOnIt(t *testing.T) {
	t.Parallel()
	b := script(t)
	order := paymenttest.Captured(t, b).OrderID
	r := refundOf(order, 1500)
	pending := payment.ProviderRefund{ID: "re_1", Status: payment.ProviderRefundPending, Amount: 1500}
	b.provider.refund = func(context.Context, payment.ProviderRefundRequest, string) (payment.ProviderRefund, error) {
		return pending, nil
	}
	b.provider.find = func(context.Context, string, string) (payment.ProviderRefund, bool, error) { return pending, true, nil }
	for range 2 {
		_, err := b.RefundPayment(t.Context(), r)
		require.Equal(t, fault.Unknown, fault.KindOf(err), err)
	}
	_, err := b.RefundPayment(t.Context(), refundOf(order, 500))
	require.ErrorIs(t, err, payment.ErrRefundTooMuch)
	requireSums(t, b.pool)
	pending.Status = payment.ProviderRefundDone
	p, err := b.RefundPayment(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, int64(1500), p.Refunded)
	requireSums(t, b.pool)
}

// TestRefundThatTheProviderFails is refused for good, and frees its amount.
func TestRefundThatTheProviderFails(t *testing.T) {
	t.Parallel()
	conflict := fault.New(fault.Conflict, "provider_state", "The payment's state does not allow this.")
	for name, refund := range map[string]func() (payment.ProviderRefund, error){
		"failed": func() (payment.ProviderRefund, error) {
			return payment.ProviderRefund{ID: "re_1", Status: payment.ProviderRefundFailed}, nil
		},
		"state":   func() (payment.ProviderRefund, error) { return payment.ProviderRefund{}, conflict },
		"refused": func() (payment.ProviderRefund, error) { return payment.ProviderRefund{}, payment.ErrAmount },
	} {
		b := script(t)
		order := paymenttest.Captured(t, b).OrderID
		r := refundOf(order, 1500)
		b.provider.refund = func(context.Context, payment.ProviderRefundRequest, string) (payment.ProviderRefund, error) {
			return refund()
		}
		for range 2 {
			_, err := b.RefundPayment(t.Context(), r)
			require.ErrorIs(t, err, payment.ErrRefundFailed, name)
			b.provider.recovers()
		}
		p, err := b.RefundPayment(t.Context(), refundOf(order, 1999))
		require.NoError(t, err, name)
		require.Equal(t, payment.Refunded, p.Status, name)
		requireSums(t, b.pool)
	}
}

// TestRefundThatAnotherAttemptDid: a refusal of what is there by then is a yes.
func TestRefundThatAnotherAttemptDid(t *testing.T) {
	t.Parallel()
	b := script(t)
	r := refundOf(paymenttest.Captured(t, b).OrderID, 1999)
	b.provider.refund = func(ctx context.Context, pr payment.ProviderRefundRequest, key string) (payment.ProviderRefund, error) {
		b.provider.recovers()
		_, err := b.provider.RefundIntent(ctx, pr, key)
		require.NoError(t, err)
		return payment.ProviderRefund{}, fault.New(fault.Conflict, "provider_state", "The payment's state does not allow this.")
	}
	p, err := b.RefundPayment(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, payment.Refunded, p.Status)
	require.Equal(t, map[string]int64{r.RefundID: 1999}, refundsAt(t, b.server, r.OrderID))
}

// TestRefundWhoseKeyIsForgotten: the provider keeps a key for a while only, so a
// retry looks for the refund itself.
func TestRefundWhoseKeyIsForgotten(t *testing.T) {
	t.Parallel()
	b := script(t)
	r := refundOf(paymenttest.Captured(t, b).OrderID, 700)
	b.provider.refund = func(ctx context.Context, pr payment.ProviderRefundRequest, key string) (payment.ProviderRefund, error) {
		b.provider.recovers()
		_, err := b.provider.RefundIntent(ctx, pr, key+":forgotten")
		require.NoError(t, err)
		return payment.ProviderRefund{}, fault.New(fault.Unknown, "lost", "The answer is lost.")
	}
	_, err := b.RefundPayment(t.Context(), r)
	require.Equal(t, fault.Unknown, fault.KindOf(err))
	p, err := b.RefundPayment(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, int64(700), p.Refunded)
	require.Equal(t, []string{"authorize", "capture", "refund"}, effects(t, b.server, r.OrderID))
}

// TestLateAnswerOfARefund: a zombie's answer counts once.
func TestLateAnswerOfARefund(t *testing.T) {
	t.Parallel()
	b := script(t)
	r := refundOf(paymenttest.Captured(t, b).OrderID, 700)
	b.provider.refund = func(ctx context.Context, pr payment.ProviderRefundRequest, key string) (payment.ProviderRefund, error) {
		b.provider.recovers()
		there, err := b.provider.RefundIntent(ctx, pr, key)
		require.NoError(t, err)
		_, err = b.RefundPayment(ctx, r) // a faster attempt
		require.NoError(t, err)
		return there, nil
	}
	p, err := b.RefundPayment(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, int64(700), p.Refunded)
	require.Equal(t, map[string]int64{r.RefundID: 700}, bookedRefunds(t, b.pool, r.OrderID))
	requireSums(t, b.pool)
}

// TestHandMadeRefund: one that we did not ask for is not taken for ours.
func TestHandMadeRefund(t *testing.T) {
	t.Parallel()
	b := script(t)
	p := paymenttest.Captured(t, b)
	page, err := b.List(t.Context(), payment.Filter{OrderID: p.OrderID})
	require.NoError(t, err)
	_, err = b.provider.RefundIntent(t.Context(), payment.ProviderRefundRequest{IntentID: page.Items[0].ProviderIntent, OrderID: p.OrderID, RefundID: "by hand", Amount: 700}, "hand")
	require.NoError(t, err)
	_, err = b.RefundPayment(t.Context(), refundOf(p.OrderID, 1999))
	require.ErrorIs(t, err, payment.ErrRefundFailed)
	done, err := b.RefundPayment(t.Context(), refundOf(p.OrderID, 1299))
	require.NoError(t, err)
	require.Equal(t, int64(1299), done.Refunded)
}

// forgetful is a pool that loses the answer to one commit.
type forgetful struct {
	*pgxpool.Pool
	commits, lose int
}

func (f *forgetful) Begin(ctx context.Context) (pgx.Tx, error) {
	tx, err := f.Pool.Begin(ctx)
	return forgetfulTx{tx, f}, err
}

type forgetfulTx struct {
	pgx.Tx
	pool *forgetful
}

func (tx forgetfulTx) Commit(ctx context.Context) error {
	err := tx.Tx.Commit(ctx)
	if tx.pool.commits++; err == nil && tx.pool.commits == tx.pool.lose {
		return io.ErrUnexpectedEOF
	}
	return err
}

// TestRefundCommits: the answer to either commit may get lost.
func TestRefundCommits(t *testing.T) {
	t.Parallel()
	provider, server := simulated(t)
	f := &forgetful{Pool: cluster.Database(t, "payment")}
	store := paymentpg.New(f, provider)
	for n := 1; n <= 2; n++ {
		r := refundOf(paymenttest.Captured(t, store).OrderID, 700)
		f.commits, f.lose = 0, n
		_, err := store.RefundPayment(t.Context(), r)
		require.Equal(t, fault.Unknown, fault.KindOf(err), "commit %d: %v", n, err)
		p, err := store.RefundPayment(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, int64(700), p.Refunded)
		require.Equal(t, map[string]int64{r.RefundID: 700}, refundsAt(t, server, r.OrderID))
		require.Equal(t, map[string]int64{r.RefundID: 700}, bookedRefunds(t, f.Pool, r.OrderID))
	}
	requireSums(t, f.Pool)
}
