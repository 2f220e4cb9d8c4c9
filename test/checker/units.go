package checker

import (
	"context"
	"errors"
	"maps"

	"github.com/jackc/pgx/v5"
)

// orderLine is a line of an order as its own database tells it, in minor units.
type orderLine struct {
	Item
	Price, Total int64 // 0: it was never priced
}

type lineOf struct {
	Order string
	orderLine
}

// units counts units of products.
type units map[string]int64

// unitsOf counts the units of many things, by their ids.
type unitsOf map[string]units

func (u unitsOf) add(id, product string, n int64) {
	if u[id] == nil {
		u[id] = units{}
	}
	u[id][product] += n
}

// readUnits reads what was ordered, sold, refunded and returned.
func (b *books) readUnits(ctx context.Context, p Platform) error {
	type row struct {
		ID, Product string
		Units       int64
	}
	into := func(u unitsOf) func(row) { return func(r row) { u.add(r.ID, r.Product, r.Units) } }
	return errors.Join(
		each(ctx, p, "order", `SELECT pg_temp.public_id('ord', order_id), pg_temp.public_id('prd', product_id), quantity,
				coalesce(unit_price, 0), coalesce(total, 0)
			FROM order_items ORDER BY order_id, position`,
			pgx.RowToStructByPos[lineOf], func(l lineOf) { b.items[l.Order] = append(b.items[l.Order], l.orderLine) }),
		each(ctx, p, "order", `SELECT pg_temp.public_id('rfd', l.refund_id), pg_temp.public_id('prd', i.product_id), l.quantity
			FROM order_refund_lines l JOIN order_items i USING (order_id, position)`, pgx.RowToStructByPos[row], into(b.givenBack)),
		each(ctx, p, "inventory", `SELECT pg_temp.public_id('ord', order_id), pg_temp.public_id('prd', product_id), quantity
			FROM reservation_lines JOIN reservations USING (order_id) WHERE state = 'sold'`, pgx.RowToStructByPos[row], into(b.sold)),
		each(ctx, p, "inventory", `SELECT pg_temp.public_id('rfd', refund_id), pg_temp.public_id('prd', product_id), quantity
			FROM return_lines`, pgx.RowToStructByPos[row], into(b.returned)),
	)
}

// checkUnits: S3, what was sold of an order is what was ordered, and what came
// back with a refund is what it gave back.
func (b *books) checkUnits(v *Verdict) {
	for id, o := range b.orders {
		ordered := unitsOf{}
		for _, l := range b.items[id] {
			ordered.add(id, l.Product, l.Quantity)
		}
		if o.bought() && !b.turnedBack("order/"+id) && !maps.Equal(ordered[id], b.sold[id]) {
			v.fail("S3", "order %s is of %v, and %v were sold", id, ordered[id], b.sold[id])
		}
	}
	for id, r := range b.refunds {
		if r.Status == "done" && !b.turnedBack("refund/"+id) && !b.turnedBack("order/"+r.Order) && !maps.Equal(b.givenBack[id], b.returned[id]) {
			v.fail("S3", "refund %s gave back %v, and %v came back", id, b.givenBack[id], b.returned[id])
		}
	}
	for id, back := range b.returned {
		if r := b.refunds[id]; r.Status != "done" && !b.turnedBack("order/"+r.Order) {
			v.fail("S3", "%v came back with refund %s, which is %q", back, id, r.Status)
		}
	}
}
