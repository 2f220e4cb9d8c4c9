package permutation_test

import (
	"context"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"

	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/inventory/inventorypg"
	"github.com/skaldhq/skald/test/permutation"
)

// stock is an order of two products, each two units of the five on hand, one of
// them on two lines. "reserve-more" asks for too many of the other.
type stock struct {
	*inventories
	order    string
	products [2]string
	refunds  map[string]string
}

// inventories is the service and its database.
type inventories struct {
	service inventory.Service
	pool    *pgxpool.Pool
	clock   sync.Mutex // the clock takes from every order at once, and skips those at work
}

func openInventory(t *testing.T) *inventories {
	t.Helper()
	pool := cluster.Database(t, "inventory")
	t.Cleanup(func() { assert.Zero(t, cluster.Deadlocks(t)) })
	return &inventories{service: inventorypg.New(pool), pool: pool}
}

func (i *inventories) open(t *testing.T) subject {
	s := &stock{inventories: i, order: inventory.OrderIDPrefix.New(), refunds: refundIDs(inventory.RefundIDPrefix.New)}
	for n := range s.products {
		s.products[n] = inventory.ProductIDPrefix.New()
		_, _, err := i.service.SetOnHand(t.Context(), s.products[n], 5)
		assert.NoError(t, err)
	}
	return s
}

// refundIDs are two ids, by what is asked for under them.
func refundIDs(fresh func() string) map[string]string {
	one := fresh()
	return map[string]string{"part": one, "other": one, "rest": fresh()}
}

func (s *stock) do(ctx context.Context, op string) error {
	verb, what, _ := strings.Cut(op, "-")
	order := inventory.OrderRequest{OrderID: s.order}
	var answered inventory.Reservation
	var err error
	switch verb {
	case "reserve":
		lines := []inventory.Line{{ProductID: s.products[1], Quantity: 1}, {ProductID: s.products[0], Quantity: 2}, {ProductID: s.products[1], Quantity: 1}}
		if what == "more" {
			lines[0].Quantity = 5
		}
		answered, err = s.service.ReserveStock(ctx, inventory.ReserveRequest{OrderID: s.order, TTL: time.Hour, Lines: lines})
	case "release":
		answered, err = s.service.ReleaseStock(ctx, order)
	case "commit":
		answered, err = s.service.CommitStock(ctx, order)
	case "expire":
		return s.expire(ctx)
	case "refund":
		return s.giveBack(ctx, what)
	}
	if err != nil {
		return err
	}
	kept, err := s.service.GetReservation(ctx, s.order)
	if err == nil && !reflect.DeepEqual(answered, kept) {
		err = errKept(answered, kept)
	}
	return err
}

// expire lets the order's time be over and the clock look.
func (s *stock) expire(ctx context.Context) error {
	s.clock.Lock()
	defer s.clock.Unlock()
	_, err := s.pool.Exec(ctx, `UPDATE reservations SET expires_at = now() - interval '1 s' WHERE order_id = $1 AND state = 'reserved'`, uuidOf(s.order))
	if err != nil {
		return err
	}
	_, err = s.service.ExpireReservations(ctx, 1000)
	return err
}

func (s *stock) giveBack(ctx context.Context, what string) error {
	r := inventory.ReturnRequest{OrderID: s.order, RefundID: s.refunds[what]}
	if units := map[string]int64{"part": 1, "other": 2}[what]; units > 0 {
		r.Lines = []inventory.Line{{ProductID: s.products[1], Quantity: units}, {ProductID: s.products[0], Quantity: units}}
	}
	answered, err := s.service.ReturnStock(ctx, r)
	if err != nil {
		return err
	}
	kept, err := s.service.ListReturns(ctx, s.order)
	if err != nil {
		return err
	}
	for _, one := range kept {
		if reflect.DeepEqual(answered, one) {
			return nil
		}
	}
	return errKept(answered, kept)
}

// rows compares the two products in the statement: they are alike at all times.
func (s *stock) rows(ctx context.Context) (string, error) {
	var rows string
	err := s.pool.QueryRow(ctx, `
		SELECT string_agg(DISTINCT format('%s held %s sold %s back %s %s',
			coalesce(CASE WHEN r.state = 'released' THEN r.released_reason ELSE r.state END, 'none'),
			s.reserved, 5 - s.on_hand + coalesce(a.quantity, 0) + coalesce(b.quantity, 0),
			CASE WHEN a.quantity IS NULL THEN '0' ELSE 'done' || a.quantity END,
			CASE WHEN b.quantity IS NULL THEN '0' ELSE 'done' || b.quantity END), ' and ')
		FROM stock s
		LEFT JOIN reservations r ON r.order_id = $1
		LEFT JOIN return_lines a ON a.order_id = $1 AND a.refund_id = $2 AND a.product_id = s.product_id
		LEFT JOIN return_lines b ON b.order_id = $1 AND b.refund_id = $3 AND b.product_id = s.product_id
		WHERE s.product_id = ANY ($4)`,
		uuidOf(s.order), uuidOf(s.refunds["part"]), uuidOf(s.refunds["rest"]), uuidsOf(s.products[:]...)).Scan(&rows)
	return rows, err
}

// What is on hand, held and sold is what was adjusted, and what the reservations
// and the returns sum up to (S1, S2).
const stockViolations = `
	SELECT 'product ' || s.product_id FROM stock s
	CROSS JOIN LATERAL (
		SELECT coalesce(sum(l.quantity) FILTER (WHERE r.state = 'reserved'), 0) AS held,
		       coalesce(sum(l.quantity) FILTER (WHERE r.state = 'sold'), 0) AS sold, coalesce(sum(l.returned), 0) AS back
		FROM reservation_lines l JOIN reservations r USING (order_id) WHERE l.product_id = s.product_id
	) sums
	CROSS JOIN LATERAL (SELECT sum(a.difference) AS total FROM adjustments a WHERE a.product_id = s.product_id) adjusted
	CROSS JOIN LATERAL (SELECT coalesce(sum(b.quantity), 0) AS total FROM return_lines b WHERE b.product_id = s.product_id) returned
	WHERE s.reserved <> sums.held OR s.on_hand + sums.sold - sums.back <> adjusted.total OR sums.back <> returned.total
		OR s.reserved < 0 OR s.reserved > s.on_hand`

func TestStock(t *testing.T) {
	t.Parallel()
	i := openInventory(t)
	for _, s := range []space{
		{alphabet: []string{"reserve", "reserve-more", "release", "commit", "expire", "refund-part"}, longest: 5, sequences: 9330},
		{begin: []string{"reserve"}, longest: 4, sequences: 1554,
			alphabet: []string{"release", "commit", "expire", "refund-part", "refund-other", "refund-rest"}},
	} {
		s.table = permutation.Stock
		s.follow(t, func() subject { return i.open(t) })
		s.race(t, rounds, func() subject { return i.open(t) })
	}
	requireNone(t, i.pool, stockViolations)
}
