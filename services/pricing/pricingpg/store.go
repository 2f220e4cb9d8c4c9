// Package pricingpg is the pricing service on Postgres.
package pricingpg

import (
	"context"

	"github.com/google/uuid"

	pricingdb "github.com/skaldhq/skald/db/pricing"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/pricing"
)

// Store is a pricing.Service.
type Store struct {
	pool        pg.Pool
	queries     *pricingdb.Queries
	constraints pg.Constraints
}

var _ pricing.Service = (*Store)(nil)

// New returns a store on a database with the schema of db/pricing.
func New(pool pg.Pool) *Store {
	return &Store{
		pool:    pool,
		queries: pricingdb.New(pool),
		constraints: pg.Constraints{
			"prices_base_amount_positive": fault.InvalidField("base_price.amount", "must not be negative"),
			"prices_currency_code":        fault.InvalidField("base_price.currency", "must be an ISO 4217 code"),
			"prices_discount_range":       fault.InvalidField("discount.basis_points", "must be from 1 to 10000"),
			"prices_discount_window":      fault.InvalidField("discount.ends_at", "must be after starts_at"),
			"quotes_total_amount_range":   pricing.ErrTooLarge,
		},
	}
}

// Ready reports whether the database answers.
func (s *Store) Ready(ctx context.Context) error {
	return s.constraints.Translate(s.pool.Ping(ctx))
}

// Set creates or replaces a price.
func (s *Store) Set(ctx context.Context, r pricing.SetRequest) (pricing.Price, bool, error) {
	product, err := parseProduct(r.ProductID)
	if err != nil {
		return pricing.Price{}, false, err
	}
	if err := r.Validate(); err != nil {
		return pricing.Price{}, false, err
	}
	row, err := s.queries.SetPrice(ctx, rowFromRequest(product, r))
	if err != nil {
		return pricing.Price{}, false, s.constraints.Write(err)
	}
	return priceFromRow(row.Price, row.Discounted), row.Created, nil
}

// SetBase sets a base price and keeps the discount.
func (s *Store) SetBase(ctx context.Context, productID string, base money.Money) (pricing.Price, error) {
	product, err := parseProduct(productID)
	if err != nil {
		return pricing.Price{}, err
	}
	if err := pricing.ValidateBase(base); err != nil {
		return pricing.Price{}, err
	}
	row, err := s.queries.SetBase(ctx, pricingdb.SetBaseParams{
		ProductID: product, BaseAmount: base.Amount, Currency: base.Currency,
	})
	if err != nil {
		return pricing.Price{}, s.constraints.Write(err)
	}
	return priceFromRow(row.Price, row.Discounted), nil
}

// Get reads the price of one product.
func (s *Store) Get(ctx context.Context, productID string) (pricing.Price, error) {
	found, err := s.List(ctx, []string{productID})
	if err != nil {
		return pricing.Price{}, err
	}
	for _, price := range found {
		return price, nil
	}
	return pricing.Price{}, pricing.ErrNotFound
}

// List reads the prices of many products in one statement, so that they are of
// one moment.
func (s *Store) List(ctx context.Context, productIDs []string) (map[string]pricing.Price, error) {
	products := make([]uuid.UUID, 0, len(productIDs))
	for _, productID := range productIDs {
		if product, err := pricing.ProductIDPrefix.Parse(productID); err == nil {
			products = append(products, product)
		}
	}
	rows, err := s.queries.ListPrices(ctx, products)
	if err != nil {
		return nil, s.constraints.Translate(err)
	}
	found := make(map[string]pricing.Price, len(rows))
	for _, row := range rows {
		price := priceFromRow(row.Price, row.Discounted)
		found[price.ProductID] = price
	}
	return found, nil
}

// Delete removes a price. What can be no product has none.
func (s *Store) Delete(ctx context.Context, productID string) error {
	product, err := pricing.ProductIDPrefix.Parse(productID)
	if err != nil {
		return nil //nolint:nilerr // see above
	}
	return s.constraints.Write(s.queries.DeletePrice(ctx, product))
}

func parseProduct(productID string) (uuid.UUID, error) {
	product, err := pricing.ProductIDPrefix.Parse(productID)
	if err != nil {
		return uuid.Nil, fault.InvalidField("product_id", err.Error())
	}
	return product, nil
}
