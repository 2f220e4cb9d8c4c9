// Package inventorypg is the inventory service on Postgres.
package inventorypg

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	inventorydb "github.com/skaldhq/skald/db/inventory"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/inventory"
)

// Store is an inventory.Service.
type Store struct {
	pool        pg.Pool
	queries     *inventorydb.Queries
	constraints pg.Constraints
}

var _ inventory.Service = (*Store)(nil)

// New returns a store on a database with the schema of db/inventory.
func New(pool pg.Pool) *Store {
	return &Store{
		pool:    pool,
		queries: inventorydb.New(pool),
		constraints: pg.Constraints{
			"stock_reserved_within_on_hand": inventory.ErrBelowReserved,
			"stock_on_hand_exact":           errTooMany(),
			// Another order took the refund's id at the same time.
			"returns_pkey": inventory.ErrMismatch,
			"reservation_lines_returned_within_quantity": inventory.ErrReturnTooMany,
		},
	}
}

// Ready reports whether the database answers.
func (s *Store) Ready(ctx context.Context) error {
	return s.constraints.Translate(s.pool.Ping(ctx))
}

// SetOnHand sets a count and records by how much it changed.
func (s *Store) SetOnHand(ctx context.Context, productID string, onHand int64) (inventory.Stock, bool, error) {
	product, err := inventory.ProductIDPrefix.Parse(productID)
	if err != nil {
		return inventory.Stock{}, false, fault.InvalidField("product_id", err.Error())
	}
	if onHand < 0 {
		return inventory.Stock{}, false, fault.InvalidField("on_hand", "must not be negative")
	}
	var stock inventorydb.Stock
	var created int64
	err = s.inTx(ctx, func(q *inventorydb.Queries) error {
		if created, err = q.CreateStock(ctx, product); err != nil {
			return err
		}
		before, err := q.LockOnHand(ctx, product)
		if err != nil {
			return err
		}
		stock, err = q.SetOnHand(ctx, inventorydb.SetOnHandParams{ProductID: product, OnHand: onHand})
		if err != nil || onHand == before {
			return err
		}
		// After the count itself: the event of the adjustment tells it.
		return q.InsertAdjustment(ctx, inventorydb.InsertAdjustmentParams{ProductID: product, Difference: onHand - before})
	})
	if err != nil {
		return inventory.Stock{}, false, err
	}
	return stockFromRow(stock), created == 1, nil
}

// Get reads the count of one product.
func (s *Store) Get(ctx context.Context, productID string) (inventory.Stock, error) {
	product, err := inventory.ProductIDPrefix.Parse(productID)
	if err != nil {
		return inventory.Stock{}, inventory.ErrNotFound
	}
	row, err := s.queries.GetStock(ctx, product)
	if errors.Is(err, pgx.ErrNoRows) {
		return inventory.Stock{}, inventory.ErrNotFound
	}
	if err != nil {
		return inventory.Stock{}, s.constraints.Translate(err)
	}
	return stockFromRow(row), nil
}

// List reads the counts of many products at once.
func (s *Store) List(ctx context.Context, productIDs []string) (map[string]inventory.Stock, error) {
	products := make([]uuid.UUID, 0, len(productIDs))
	for _, productID := range productIDs {
		if product, err := inventory.ProductIDPrefix.Parse(productID); err == nil {
			products = append(products, product)
		}
	}
	rows, err := s.queries.ListStock(ctx, products)
	if err != nil {
		return nil, s.constraints.Translate(err)
	}
	found := make(map[string]inventory.Stock, len(rows))
	for _, row := range rows {
		stock := stockFromRow(row)
		found[stock.ProductID] = stock
	}
	return found, nil
}

// inTx runs fn in one transaction.
func (s *Store) inTx(ctx context.Context, fn func(*inventorydb.Queries) error) error {
	return s.constraints.InTx(ctx, s.pool, func(tx pgx.Tx) error { return fn(s.queries.WithTx(tx)) })
}

func errTooMany() *fault.Error {
	return fault.InvalidField("on_hand", "is more than can be counted")
}
