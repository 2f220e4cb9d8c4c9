package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/jackc/pgx/v5"

	"github.com/skaldhq/skald/test/stack"
)

// ending is how an order ended, as its own database tells it.
type ending struct {
	ID, User, Status, Saga string
	Total                  stack.Money // zero: it was never priced
}

// readEndings gives all orders by the id that clients see.
func readEndings(ctx context.Context, s *stack.Stack) (map[string]ending, error) {
	rows, err := query(ctx, s, "order", `SELECT id::text, user_id::text, status, saga_state,
		coalesce(total_amount, 0), coalesce(total_currency, '') FROM orders`, func(row pgx.CollectableRow) (e ending, err error) {
		err = row.Scan(&e.ID, &e.User, &e.Status, &e.Saga, &e.Total.Amount, &e.Total.Currency)
		return e, err
	})
	if err != nil {
		return nil, err
	}
	orders := map[string]ending{}
	for _, e := range rows {
		id, err := publicID("ord", e.ID)
		if err != nil {
			return nil, err
		}
		if e.User, err = publicID("usr", e.User); err != nil {
			return nil, err
		}
		orders[id] = e
	}
	return orders, nil
}

// moved is what happened to an order's money: operation → amount.
type moved map[string]stack.Money

// checkMoney: M1 to M5, order by order.
func checkMoney(ctx context.Context, s *stack.Stack, orders map[string]ending) error {
	done, broken := atProvider(ctx, s, orders)
	booked, err := inLedger(ctx, s)
	broken = errors.Join(broken, err)
	for id := range booked {
		if _, ok := orders[id]; !ok {
			broken = errors.Join(broken, fmt.Errorf("M5: the ledger has bookings of %s, which is no order", id))
		}
	}
	for id, e := range orders {
		if !maps.Equal(done[id], booked[id]) {
			broken = errors.Join(broken, fmt.Errorf("M5: order %s: the ledger has %v, the provider's log %v", id, booked[id], done[id]))
		}
		broken = errors.Join(broken, e.checkMoney(id, done[id]))
	}
	return broken
}

// checkMoney compares how the order ended with what the provider did.
func (e ending) checkMoney(id string, at moved) error {
	paid := at["capture"].Amount - at["refund"].Amount
	held := at["authorize"].Amount - at["capture"].Amount - at["void"].Amount
	_, voided := at["void"]
	_, captured := at["capture"]
	switch {
	case voided && captured:
		return fmt.Errorf("M2: order %s was voided and captured", id)
	case e.Status == "confirmed" && (paid != e.Total.Amount || paid == 0):
		return fmt.Errorf("M1: order %s is confirmed at %v, and %d was paid", id, e.Total, paid)
	case e.Status != "confirmed" && paid != 0:
		return fmt.Errorf("M1: order %s is %s, and %d was paid", id, e.Status, paid)
	case held != 0:
		return fmt.Errorf("M4: order %s is %s, and %d is still held", id, e.Status, held)
	}
	return nil
}

// atProvider is what happened at the provider, by order. M2: each once. M3: all
// that the provider was asked belongs to an order, its user and its total.
func atProvider(ctx context.Context, s *stack.Stack, orders map[string]ending) (done map[string]moved, broken error) {
	log, err := providerLog(ctx, s)
	if err != nil {
		return nil, err
	}
	done = map[string]moved{}
	for _, line := range log {
		id := line.Metadata["order_id"]
		e, ok := orders[id]
		if !ok || line.Metadata["user_id"] != e.User || line.money() != e.Total {
			broken = errors.Join(broken, fmt.Errorf("M3: the provider's %+v is not of order %+v", line, e))
		}
		if !line.happened() {
			continue
		}
		if done[id] == nil {
			done[id] = moved{}
		}
		if _, twice := done[id][line.Operation]; twice {
			broken = errors.Join(broken, fmt.Errorf("M2: a second %s of order %s", line.Operation, id))
		}
		done[id][line.Operation] = line.money()
	}
	return done, broken
}

// inLedger is what the ledger has, by order.
func inLedger(ctx context.Context, s *stack.Stack) (booked map[string]moved, broken error) {
	type booking struct {
		Order, Kind, Currency string
		Amount, Transactions  int64
	}
	rows, err := query(ctx, s, "payment", `
		SELECT t.order_id::text, t.kind, e.currency, sum(e.amount)::bigint, count(DISTINCT t.id)
		FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
		WHERE e.amount > 0 GROUP BY 1, 2, 3`, pgx.RowToStructByPos[booking])
	booked = map[string]moved{}
	for _, b := range rows {
		id, badID := publicID("ord", b.Order)
		err = errors.Join(err, badID)
		if booked[id] == nil {
			booked[id] = moved{}
		}
		if _, twice := booked[id][b.Kind]; twice || b.Transactions != 1 {
			broken = errors.Join(broken, fmt.Errorf("M5: the ledger has more than one %s of order %s", b.Kind, id))
		}
		booked[id][b.Kind] = stack.Money{Amount: b.Amount, Currency: b.Currency}
	}
	return booked, errors.Join(broken, err)
}

// checkStock: S3, a confirmed order's units are sold and no other's are kept.
func checkStock(ctx context.Context, s *stack.Stack, orders map[string]ending) error {
	type reservation struct{ Order, State string }
	rows, err := query(ctx, s, "inventory", "SELECT order_id::text, state FROM reservations", pgx.RowToStructByPos[reservation])
	states := map[string]string{}
	for _, r := range rows {
		id, badID := publicID("ord", r.Order)
		err = errors.Join(err, badID)
		if _, ok := orders[id]; !ok {
			err = errors.Join(err, fmt.Errorf("S3: a reservation of %s, which is no order", id))
		}
		states[id] = r.State
	}
	for id, e := range orders {
		sold := states[id] == "sold"
		if sold != (e.Status == "confirmed") || states[id] == "reserved" {
			err = errors.Join(err, fmt.Errorf("S3: order %s is %s, and its reservation %q", id, e.Status, states[id]))
		}
	}
	return err
}
