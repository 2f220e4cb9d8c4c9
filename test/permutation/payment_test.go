package permutation_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/devstack/psp"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/payment/paymentpg"
	"github.com/skaldhq/skald/services/payment/stripepay"
	"github.com/skaldhq/skald/test/permutation"
)

// paid is the payment of an order of three units.
type paid struct {
	*payments
	order, user string
	refunds     map[string]string
}

// unit is what one unit costs.
const unit = 100

// payments is the service, its database and the provider behind it.
type payments struct {
	service payment.Service
	pool    *pgxpool.Pool
	server  *httptest.Server
}

func openPayment(t *testing.T) *payments {
	t.Helper()
	simulator, err := psp.New(psp.Options{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	server := httptest.NewServer(simulator.Handler())
	t.Cleanup(func() {
		server.CloseClientConnections()
		assert.NoError(t, simulator.Close())
		server.Close()
	})
	pool := cluster.Database(t, "payment")
	t.Cleanup(func() { assert.Zero(t, cluster.Deadlocks(t)) })
	client := stripepay.New(stripepay.Config{Key: "sk_test", URL: server.URL, WebhookSecret: "whsec"})
	return &payments{service: paymentpg.New(pool, client), pool: pool, server: server}
}

func (p *payments) open() subject {
	return &paid{
		payments: p, order: payment.OrderIDPrefix.New(), user: payment.UserIDPrefix.New(), refunds: refundIDs(payment.RefundIDPrefix.New),
	}
}

func (p *paid) do(ctx context.Context, op string) error {
	verb, what, _ := strings.Cut(op, "-")
	order := payment.OrderRequest{OrderID: p.order}
	var answered payment.Payment
	var err error
	switch verb {
	case "authorize":
		method := map[string]string{"": "pm_card_visa", "declined": "pm_card_chargeDeclined", "asking": "pm_card_authenticationRequired"}[what]
		answered, err = p.service.AuthorizePayment(ctx, payment.AuthorizeRequest{
			OrderID: p.order, UserID: p.user, Amount: money.New(3*unit, "EUR"), Method: method,
		})
	case "act":
		return p.act(ctx)
	case "void":
		answered, err = p.service.VoidPayment(ctx, order)
	case "capture":
		answered, err = p.service.CapturePayment(ctx, order)
	case "refund":
		r := payment.RefundRequest{OrderID: p.order, RefundID: p.refunds[what]}
		if units := map[string]int64{"part": 1, "other": 2}[what]; units > 0 {
			r.Amount = money.New(units*unit, "EUR")
		}
		answered, err = p.service.RefundPayment(ctx, r)
	}
	if err != nil {
		return err
	}
	kept, err := p.service.Get(ctx, answered.ID)
	if err == nil && !reflect.DeepEqual(answered, kept) {
		err = errKept(answered, kept)
	}
	return err
}

// act confirms as the customer does, where there is something to confirm: the
// provider refuses the rest.
func (p *paid) act(ctx context.Context) error {
	var intent *string
	const asked = `SELECT max(provider_intent) FROM payments WHERE order_id = $1`
	if err := p.pool.QueryRow(ctx, asked, uuidOf(p.order)).Scan(&intent); err != nil || intent == nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.server.URL+"/3ds/"+*intent+"/complete", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

func (p *paid) rows(ctx context.Context) (string, error) {
	var rows string
	err := p.pool.QueryRow(ctx, `
		SELECT format('%s booked %s back %s %s',
			coalesce(CASE WHEN p.status = 'refunded' THEN 'captured' ELSE p.status END, 'none'),
			coalesce((SELECT string_agg(l.kind, '+' ORDER BY l.id) FROM ledger_transactions l WHERE l.order_id = $1 AND l.kind <> 'refund'), '-'),
			coalesce((SELECT CASE WHEN a.status = 'failed' THEN 'refused0' ELSE a.status || a.amount / $4 END FROM payment_refunds a WHERE a.order_id = $1 AND a.id = $2), '0'),
			coalesce((SELECT CASE WHEN b.status = 'failed' THEN 'refused0' ELSE b.status || b.amount / $4 END FROM payment_refunds b WHERE b.order_id = $1 AND b.id = $3), '0'))
		FROM (SELECT) AS one LEFT JOIN payments p ON p.order_id = $1`,
		uuidOf(p.order), uuidOf(p.refunds["part"]), uuidOf(p.refunds["rest"]), unit).Scan(&rows)
	return rows, err
}

// effects are what the provider did for each order, in order.
func (p *payments) effects(t *testing.T) map[string][]psp.Entry {
	t.Helper()
	response, err := http.Get(p.server.URL + "/_log")
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	var log []psp.Entry
	require.NoError(t, json.NewDecoder(response.Body).Decode(&log))
	done := map[string][]psp.Entry{}
	for _, e := range log {
		if e.Outcome == "succeeded" && e.Operation != "create" {
			order := e.Metadata["order_id"]
			done[order] = append(done[order], e)
		}
	}
	return done
}

// requireProvider: the provider did for each order what its model says (M2, M5).
func (p *payments) requireProvider(t *testing.T, all []followed) {
	t.Helper()
	effects := p.effects(t)
	for _, one := range all {
		order, want := one.subject.(*paid), map[string]int64{}
		for i, id := range []string{order.refunds["part"], order.refunds["rest"]} {
			if units := one.model.Refunds[i].Units; units > 0 {
				want[id] = int64(units * unit)
			}
		}
		var done []string
		back := map[string]int64{}
		for _, e := range effects[order.order] {
			if e.Operation == "refund" {
				require.NotContains(t, back, e.Metadata["refund_id"], one.name)
				back[e.Metadata["refund_id"]] = e.Amount
				continue
			}
			require.EqualValues(t, 3*unit, e.Amount, one.name)
			done = append(done, e.Operation)
		}
		require.Equal(t, one.model.Done(), strings.Join(done, "+"), one.name)
		require.Equal(t, want, back, one.name)
	}
	t.Logf("the provider's log of %d orders agrees", len(all))
}

// The ledger sums to zero for each transaction and is what the payments say of
// themselves (M5); refunds never exceed the capture, nothing is voided and
// captured, or done twice (M2).
const paymentViolations = `
	SELECT 'transaction ' || transaction_id FROM ledger_entries GROUP BY transaction_id, currency HAVING sum(amount) <> 0
	UNION ALL
	SELECT 'payment ' || p.order_id FROM payments p
	CROSS JOIN LATERAL (
		SELECT coalesce(sum(e.amount) FILTER (WHERE e.account = 'authorized'), 0) AS held,
		       coalesce(sum(e.amount) FILTER (WHERE e.account = 'captured'), 0) AS taken
		FROM ledger_transactions l JOIN ledger_entries e ON e.transaction_id = l.id WHERE l.payment_id = p.id
	) ledger
	CROSS JOIN LATERAL (
		SELECT coalesce(sum(r.amount) FILTER (WHERE r.status = 'done'), 0) AS done,
		       coalesce(sum(r.amount) FILTER (WHERE r.status = 'requested'), 0) AS under_way
		FROM payment_refunds r WHERE r.order_id = p.order_id
	) refunds
	WHERE ledger.taken <> p.captured - p.refunded OR ledger.held <> CASE WHEN p.status = 'authorized' THEN p.amount ELSE 0 END
		OR p.refunded <> refunds.done OR p.refunding <> refunds.under_way OR p.refunded + p.refunding > p.captured
		OR (p.status = 'refunded') <> (p.captured > 0 AND p.refunded = p.captured)
		OR p.status = 'voided' AND p.captured > 0
	UNION ALL
	SELECT 'effect ' || order_id FROM ledger_transactions GROUP BY order_id, kind, refund_id HAVING count(*) > 1`

func TestPayment(t *testing.T) {
	t.Parallel()
	p := openPayment(t)
	for _, s := range []space{
		{alphabet: []string{"authorize", "authorize-declined", "void", "capture", "refund-rest"}, longest: 5, sequences: 3905},
		{alphabet: []string{"authorize", "authorize-asking", "act", "void", "capture"}, longest: 5, sequences: 3905},
		{begin: []string{"authorize"}, longest: 4, sequences: 1554,
			alphabet: []string{"authorize-declined", "void", "capture", "refund-part", "refund-other", "refund-rest"}},
	} {
		s.table, s.overtaken = permutation.Payment, true // a void bars the rest, and may then find the money captured
		p.requireProvider(t, append(s.follow(t, p.open), s.race(t, rounds, p.open)...))
	}
	requireNone(t, p.pool, paymentViolations)
}
