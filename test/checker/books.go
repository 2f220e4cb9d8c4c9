package checker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/jackc/pgx/v5"
)

// Money is an amount in minor units.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// Line is a line of the provider's log.
type Line struct {
	Operation string            `json:"operation"`
	Intent    string            `json:"intent"`
	Amount    int64             `json:"amount"`
	Currency  string            `json:"currency"`
	Metadata  map[string]string `json:"metadata"`
	Outcome   string            `json:"outcome"`
}

// Happened tells whether money moved, or was held.
func (l Line) Happened() bool { return l.Outcome == "succeeded" && l.Operation != "create" }

func (l Line) money() Money { return Money{Amount: l.Amount, Currency: l.Currency} }

// order is one as its own database tells it.
type order struct {
	ID, User, Status, Saga, Code string
	Total                        Money // zero: it was never priced
	CancelRequested              bool
	Keys                         int64 // rows of idempotency keys
}

// bought tells whether the customer got it, even if it came back later.
func (o order) bought() bool { return o.Status == "confirmed" || o.Status == "refunded" }

// refund is one as the order's database tells it. Amount is in minor units.
type refund struct {
	ID, Order, Status string
	Amount            int64
}

// booking is what one transaction of the ledger moved. Order is an order, or a
// payment of its own.
type booking struct {
	Order, Kind, Refund, Currency string
	Amount                        int64
	Transactions                  int64
}

type reservation struct{ Order, State string }

type event struct {
	Aggregate, Type string
	Version         int64
}

// books is all that was written down, by the ids that clients see.
type books struct {
	orders       map[string]order
	refunds      map[string]refund
	keys         map[string][]string // idempotency key → order ids
	log          []Line
	ledger       []booking
	paid         map[string]refund // refunds as the payment service has them
	payments     map[string]payment
	givingBack   map[string]bool // refunds of payments of their own that have a saga
	reservations []reservation
	events       []event
	items        map[string][]orderLine
	sold         unitsOf             // by order
	givenBack    unitsOf             // by refund, as the order service says
	returned     unitsOf             // by refund, as the inventory says
	initial      map[string]int64    // product → its adjustments' sum
	decided      map[string][]string // workflow id → what operators decided
	repairs      map[string]bool
	cut          bool            // see Platform.Cut
	rerun        map[string]bool // workflow ids with more than one run
}

// publicID writes a uuid as the id that clients see, in SQL.
const publicID = `CREATE FUNCTION pg_temp.public_id(prefix text, id uuid) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
	SELECT prefix || '_' || string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz',
		substring((B'00' || ('x' || replace(id::text, '-', ''))::bit(128)) FROM i * 5 + 1 FOR 5)::bit(5)::integer + 1, 1), '' ORDER BY i)
	FROM generate_series(0, 25) i $$`

// query reads rows of a service's own database, which knows pg_temp.public_id.
func query[T any](ctx context.Context, p Platform, service, sql string, scan pgx.RowToFunc[T]) ([]T, error) {
	conn, err := pgx.Connect(ctx, p.Databases[service])
	if err != nil {
		return nil, fmt.Errorf("connect to database %s: %w", service, err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, publicID); err != nil {
		return nil, fmt.Errorf("prepare database %s: %w", service, err)
	}
	rows, err := conn.Query(ctx, sql)
	if err != nil {
		return nil, fmt.Errorf("query database %s: %w", service, err)
	}
	found, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("read database %s: %w", service, err)
	}
	return found, nil
}

// ProviderLog reads the payment simulator's log, oldest first.
func (p Platform) ProviderLog(ctx context.Context) (log []Line, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.PSP+"/_log", nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("read provider's log: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	return log, json.NewDecoder(response.Body).Decode(&log)
}

// books reads everything.
func (p Platform) books(ctx context.Context) (b *books, err error) {
	b = &books{
		orders: map[string]order{}, refunds: map[string]refund{}, keys: map[string][]string{}, paid: map[string]refund{}, repairs: map[string]bool{}, payments: map[string]payment{}, givingBack: map[string]bool{},
		initial: map[string]int64{}, decided: map[string][]string{},
		items: map[string][]orderLine{}, sold: unitsOf{}, givenBack: unitsOf{}, returned: unitsOf{},
	}
	err = each(ctx, p, "order", `SELECT pg_temp.public_id('ord', id), pg_temp.public_id('usr', user_id), status, saga_state, coalesce(failure_code, ''),
			coalesce(total_amount, 0), coalesce(total_currency, ''), cancel_requested_at IS NOT NULL,
			(SELECT count(*) FROM idempotency_keys k WHERE k.order_id = o.id) FROM orders o`,
		func(row pgx.CollectableRow) (o order, err error) {
			return o, row.Scan(&o.ID, &o.User, &o.Status, &o.Saga, &o.Code, &o.Total.Amount, &o.Total.Currency, &o.CancelRequested, &o.Keys)
		}, func(o order) { b.orders[o.ID] = o })
	err = errors.Join(err,
		each(ctx, p, "order", `SELECT pg_temp.public_id('rfd', id), pg_temp.public_id('ord', order_id), status, amount FROM order_refunds`,
			pgx.RowToStructByPos[refund], func(r refund) { b.refunds[r.ID] = r }),
		each(ctx, p, "order", `SELECT key, pg_temp.public_id('ord', order_id) FROM idempotency_keys`,
			pgx.RowToStructByPos[struct{ Key, Order string }], func(k struct{ Key, Order string }) { b.keys[k.Key] = append(b.keys[k.Key], k.Order) }),
		each(ctx, p, "order", `SELECT workflow_id, action FROM saga_resolutions`,
			pgx.RowToStructByPos[struct{ ID, Action string }], func(r struct{ ID, Action string }) { b.decided[r.ID] = append(b.decided[r.ID], r.Action) }),
		each(ctx, p, "order", `SELECT pg_temp.public_id('rep', id) FROM discrepancy_repairs`, pgx.RowTo[string], func(id string) { b.repairs[id] = true }),
		each(ctx, p, "order", `SELECT pg_temp.public_id(CASE WHEN type LIKE 'refund.%' THEN 'rfd' ELSE 'ord' END, aggregate_id), type, version
			FROM outbox ORDER BY aggregate_id, version`, pgx.RowToStructByPos[event], func(e event) { b.events = append(b.events, e) }),
		each(ctx, p, "payment", `SELECT pg_temp.public_id('rfd', r.id), pg_temp.public_id(CASE WHEN p.own THEN 'pay' ELSE 'ord' END, r.order_id), r.status, r.amount
			FROM payment_refunds r JOIN payments p USING (order_id)`,
			pgx.RowToStructByPos[refund], func(r refund) { b.paid[r.ID] = r }),
		each(ctx, p, "payment", `SELECT pg_temp.public_id(CASE WHEN p.own THEN 'pay' ELSE 'ord' END, t.order_id), t.kind, coalesce(pg_temp.public_id('rfd', t.refund_id), ''), e.currency,
				sum(e.amount)::bigint, count(DISTINCT t.id)
			FROM ledger_transactions t JOIN payments p ON p.id = t.payment_id JOIN ledger_entries e ON e.transaction_id = t.id
			WHERE e.amount > 0 GROUP BY 1, 2, 3, 4`,
			pgx.RowToStructByPos[booking], func(l booking) { b.ledger = append(b.ledger, l) }),
		each(ctx, p, "inventory", `SELECT pg_temp.public_id('ord', order_id), state FROM reservations`,
			pgx.RowToStructByPos[reservation], func(r reservation) { b.reservations = append(b.reservations, r) }),
		each(ctx, p, "inventory", `SELECT pg_temp.public_id('prd', product_id), sum(difference)::bigint FROM adjustments GROUP BY 1`,
			pgx.RowToStructByPos[struct {
				Product string
				Sum     int64
			}], func(a struct {
				Product string
				Sum     int64
			}) {
				b.initial[a.Product] = a.Sum
			}),
	)
	if err = errors.Join(err, b.readUnits(ctx, p), b.readPayments(ctx, p)); err != nil {
		return nil, err
	}
	b.log, err = p.ProviderLog(ctx)
	return b, err
}

func each[T any](ctx context.Context, p Platform, service, sql string, scan pgx.RowToFunc[T], keep func(T)) error {
	rows, err := query(ctx, p, service, sql, scan)
	for _, row := range rows {
		keep(row)
	}
	return err
}
