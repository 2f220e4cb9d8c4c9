package permutation_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/order/orderpg"
	"github.com/skaldhq/skald/test/permutation"
)

// orders is the service and its database.
type orders struct {
	service order.Service
	pool    *pgxpool.Pool
}

func openOrder(t *testing.T) *orders {
	t.Helper()
	pool := cluster.Database(t, "order")
	t.Cleanup(func() { assert.Zero(t, cluster.Deadlocks(t)) })
	return &orders{service: orderpg.New(pool), pool: pool}
}

// placed is an order of two units of one product and one of another, known by
// its idempotency key.
type placed struct {
	*orders
	key, user string
	products  [2]string
	refunds   map[string]string
}

func (o *orders) open() subject {
	return &placed{
		orders: o, key: order.IDPrefix.New(), user: order.UserIDPrefix.New(), refunds: refundIDs(order.RefundIDPrefix.New),
		products: [2]string{order.ProductIDPrefix.New(), order.ProductIDPrefix.New()},
	}
}

// id is the order's; one that nobody has as long as it was not created.
func (p *placed) id(ctx context.Context) (string, error) {
	var id *string
	err := p.pool.QueryRow(ctx, `SELECT max(public_id('ord', order_id)) FROM idempotency_keys WHERE caller = 'alice' AND key = $1`, p.key).Scan(&id)
	if err != nil || id == nil {
		return order.IDPrefix.New(), err
	}
	return *id, nil
}

func (p *placed) do(ctx context.Context, op string) error {
	verb, what, _ := strings.Cut(op, "-")
	id, err := p.id(ctx)
	if err != nil {
		return err
	}
	var answered order.Order
	switch verb {
	case "create":
		r := order.CreateRequest{Caller: "alice", Key: p.key, UserID: p.user, PaymentMethod: "pm_card_visa" + what,
			Items: []order.Item{{ProductID: p.products[0], Quantity: 2}, {ProductID: p.products[1], Quantity: 1}}}
		answered, _, err = p.service.Create(ctx, r)
	case "await":
		answered, err = p.move(ctx, id, order.AwaitingPayment, order.SagaWaiting)
	case "confirm":
		answered, err = p.move(ctx, id, order.Confirmed, order.SagaCompleted)
	case "reject":
		answered, err = p.move(ctx, id, order.Rejected, order.SagaCompensated)
	case "fail":
		answered, err = p.move(ctx, id, order.Failed, order.SagaCompensated)
	case "mark":
		mark := order.Mark{OrderID: id, SagaState: order.SagaCompensating, Seq: 3}
		if what == "new" {
			mark.SagaState, mark.Seq = order.SagaParked, 7
		}
		return p.service.MarkSaga(ctx, mark)
	case "leave":
		answered, err = p.service.RequestCancellation(ctx, id, "changed my mind")
	default:
		return p.refund(ctx, id, verb, what)
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

func (p *placed) move(ctx context.Context, id string, to order.Status, state order.SagaState) (order.Order, error) {
	quote := &order.Quote{Total: money.New(3*unit, "EUR"), Lines: []order.QuoteLine{
		{UnitPrice: money.New(unit, "EUR"), Total: money.New(2*unit, "EUR")},
		{UnitPrice: money.New(unit, "EUR"), Total: money.New(unit, "EUR")},
	}}
	return p.service.TransitionOrder(ctx, order.Transition{OrderID: id, To: to, Quote: quote, SagaState: state, Seq: 5})
}

func (p *placed) refund(ctx context.Context, id, verb, what string) error {
	var answered order.Refund
	var err error
	switch verb {
	case "refund":
		r := order.RefundRequest{OrderID: id, RefundID: p.refunds[what], Caller: "alice"}
		if units := map[string]int64{"part": 1, "other": 2}[what]; units > 0 {
			r.Lines = []order.RefundLine{{ProductID: p.products[0], Quantity: units}}
		}
		answered, err = p.service.RequestRefund(ctx, r)
	case "finish":
		answered, err = p.service.FinishRefund(ctx, order.RefundEnd{OrderID: id, RefundID: p.refunds[what], Status: order.RefundDone})
	case "undo":
		answered, err = p.service.FinishRefund(ctx, order.RefundEnd{OrderID: id, RefundID: p.refunds[what], Status: order.RefundRefused})
	}
	if err != nil || answered.CreatedAt.IsZero() { // nothing to keep of an order that is not there
		return err
	}
	kept, err := p.service.GetRefund(ctx, answered.ID)
	if err == nil && !reflect.DeepEqual(answered, kept) {
		err = errKept(answered, kept)
	}
	return err
}

// rows tells an order's past by its events, and a refund's state by its own.
func (p *placed) rows(ctx context.Context) (string, error) {
	var rows string
	err := p.pool.QueryRow(ctx, `
		SELECT format('%s saga %s %s leaving %s back %s %s',
			(SELECT string_agg(CASE e.type WHEN 'order.created' THEN 'pending' ELSE substr(e.type, 7) END, ' ' ORDER BY e.version)
				FROM outbox e WHERE e.aggregate_id = o.id),
			o.saga_state, coalesce(o.saga_seq, 0), CASE WHEN o.cancel_requested_at IS NULL THEN 'false' ELSE 'true' END,
			coalesce(r.one, '0'), coalesce(r.two, '0'))
		FROM (SELECT) AS nothing
		LEFT JOIN idempotency_keys k ON k.caller = 'alice' AND k.key = $1
		LEFT JOIN orders o ON o.id = k.order_id
		LEFT JOIN LATERAL (
			SELECT max(shown) FILTER (WHERE id = $2) AS one, max(shown) FILTER (WHERE id = $3) AS two
			FROM (SELECT r.id, CASE
				WHEN r.status = 'refused' AND r.request_hash IS NULL THEN 'tombstone0'
				WHEN r.status = 'refused' AND r.version = 1 THEN 'refused0'
				WHEN r.status = 'refused' THEN 'undone0'
				ELSE r.status || (SELECT sum(l.quantity) FROM order_refund_lines l WHERE l.refund_id = r.id) END AS shown
				FROM order_refunds r WHERE r.order_id = o.id) AS known
		) r ON true`, p.key, uuidOf(p.refunds["part"]), uuidOf(p.refunds["rest"])).Scan(&rows)
	return rows, err
}

// One event for each version of each order and refund, without a gap, of legal
// transitions only (G3, E1); an order is what its events and its refunds say.
const orderViolations = `
	SELECT 'events of order ' || o.id FROM orders o WHERE
		(SELECT array_agg(version ORDER BY version) FROM outbox WHERE aggregate_id = o.id)
			IS DISTINCT FROM (SELECT array_agg(v) FROM generate_series(1, o.version) v)
		OR o.status IS DISTINCT FROM (SELECT payload->>'status' FROM outbox WHERE aggregate_id = o.id AND version = o.version)
	UNION ALL
	SELECT 'events of refund ' || r.id FROM order_refunds r WHERE
		(SELECT array_agg(version ORDER BY version) FROM outbox WHERE aggregate_id = r.id)
			IS DISTINCT FROM (SELECT array_agg(v) FROM generate_series(1, r.version) v)
		OR r.status IS DISTINCT FROM (SELECT payload->>'status' FROM outbox WHERE aggregate_id = r.id AND version = r.version)
	UNION ALL
	SELECT 'events of nobody ' || e.aggregate_id FROM outbox e
	WHERE NOT EXISTS (SELECT FROM orders o WHERE o.id = e.aggregate_id) AND NOT EXISTS (SELECT FROM order_refunds r WHERE r.id = e.aggregate_id)
	UNION ALL
	SELECT 'refunds of order ' || o.id FROM orders o WHERE o.refunded_amount <>
		(SELECT coalesce(sum(r.amount), 0) FROM order_refunds r WHERE r.order_id = o.id AND r.status <> 'refused')
		OR (o.status = 'refunded') AND o.refunded_amount <> o.total_amount
	UNION ALL
	SELECT 'items of order ' || i.order_id FROM order_items i WHERE ARRAY[i.refunded_quantity, i.refunded_amount] IS DISTINCT FROM
		(SELECT ARRAY[coalesce(sum(l.quantity), 0)::bigint, coalesce(sum(l.amount), 0)::bigint]
			FROM order_refund_lines l JOIN order_refunds r ON r.id = l.refund_id
			WHERE r.status <> 'refused' AND l.order_id = i.order_id AND l.position = i.position)`

func TestOrder(t *testing.T) {
	t.Parallel()
	o := openOrder(t)
	for _, s := range []space{
		{alphabet: []string{"create", "confirm", "reject", "refund-rest", "finish-rest"}, longest: 5, sequences: 3905},
		{alphabet: []string{"create", "create-other", "confirm", "fail", "leave", "undo-part", "refund-part"}, longest: 4, sequences: 2800},
		{begin: []string{"create"}, alphabet: []string{"mark-old", "mark-new", "await", "confirm", "reject", "leave"}, longest: 4, sequences: 1554},
		{begin: []string{"create", "confirm"}, longest: 4, sequences: 2800,
			alphabet: []string{"refund-part", "refund-other", "refund-rest", "finish-part", "undo-part", "finish-rest", "undo-rest"}},
	} {
		s.table = permutation.Order
		s.follow(t, o.open)
		s.race(t, rounds, o.open)
	}
	requireNone(t, o.pool, orderViolations)
}
