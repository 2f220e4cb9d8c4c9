// Package productpg is the catalogue on Postgres.
package productpg

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"

	productdb "github.com/skaldhq/skald/db/product"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/product"
)

// Store is a product.Service.
type Store struct {
	pool        pg.Pool
	queries     *productdb.Queries
	constraints pg.Constraints
}

var _ product.Service = (*Store)(nil)

// New returns a store on a database with the schema of db/product.
func New(pool pg.Pool) *Store {
	return &Store{pool: pool, queries: productdb.New(pool), constraints: pg.Constraints{
		"products_base_price_not_negative": fault.InvalidField("base_price.amount", "must not be negative"),
		"products_currency_code":           fault.InvalidField("base_price.currency", "must be an ISO 4217 code"),
	}}
}

// Ready reports whether the database answers.
func (s *Store) Ready(ctx context.Context) error {
	return s.constraints.Translate(s.pool.Ping(ctx))
}

// Create creates the product, or finds it.
func (s *Store) Create(ctx context.Context, r product.PutRequest) (product.Product, bool, error) {
	if err := r.Validate(); err != nil {
		return product.Product{}, false, err
	}
	productID, _ := product.IDPrefix.Parse(r.ID) // what is valid parses
	row, err := s.queries.CreateProduct(ctx, productdb.CreateProductParams{
		ID: productID, Name: r.Name, Description: r.Description, Category: r.Category,
		BasePrice: r.BasePrice.Amount, Currency: r.BasePrice.Currency, Searched: searched(r),
	})
	if err != nil {
		return product.Product{}, false, s.constraints.Translate(err)
	}
	return toProduct(row.Product), row.Created, nil
}

// Update replaces a version of a product.
func (s *Store) Update(ctx context.Context, r product.PutRequest, version int64) (product.Product, error) {
	if err := r.Validate(); err != nil {
		return product.Product{}, err
	}
	productID, _ := product.IDPrefix.Parse(r.ID) // what is valid parses
	row, err := s.queries.UpdateProduct(ctx, productdb.UpdateProductParams{
		ID: productID, Name: r.Name, Description: r.Description, Category: r.Category,
		BasePrice: r.BasePrice.Amount, Currency: r.BasePrice.Currency, Searched: searched(r), Version: version,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		if _, err := s.Get(ctx, r.ID); err != nil {
			return product.Product{}, err
		}
		return product.Product{}, product.ErrChanged
	}
	if err != nil {
		return product.Product{}, s.constraints.Translate(err)
	}
	return toProduct(row), nil
}

// Reprice keeps a base price.
func (s *Store) Reprice(ctx context.Context, productID string, base money.Money) error {
	if err := product.ValidatePrice(base); err != nil {
		return err
	}
	if _, err := s.Get(ctx, productID); err != nil {
		return err
	}
	parsed, _ := product.IDPrefix.Parse(productID) // what is found parses
	err := s.queries.RepriceProduct(ctx, productdb.RepriceProductParams{ID: parsed, BasePrice: base.Amount, Currency: base.Currency})
	return s.constraints.Translate(err)
}

// searched is the text that a search looks in.
func searched(r product.PutRequest) string { return strings.ToLower(r.Name + "\n" + r.Description) }

// Get reads a product.
func (s *Store) Get(ctx context.Context, productID string) (product.Product, error) {
	parsed, err := product.IDPrefix.Parse(productID)
	if err != nil {
		return product.Product{}, product.ErrNotFound
	}
	row, err := s.queries.GetProduct(ctx, parsed)
	if errors.Is(err, pgx.ErrNoRows) {
		return product.Product{}, product.ErrNotFound
	}
	if err != nil {
		return product.Product{}, s.constraints.Translate(err)
	}
	return toProduct(row), nil
}

// Delete removes a product.
func (s *Store) Delete(ctx context.Context, productID string, version int64) error {
	parsed, err := product.IDPrefix.Parse(productID)
	if err != nil {
		return product.ErrNotFound
	}
	n, err := s.queries.DeleteProduct(ctx, productdb.DeleteProductParams{ID: parsed, Version: version})
	if err == nil && n == 0 {
		if _, err = s.Get(ctx, productID); err == nil {
			err = product.ErrChanged
		}
		return err
	}
	return s.constraints.Translate(err)
}

func toProduct(row productdb.Product) product.Product {
	return product.Product{
		ID: product.IDPrefix.Format(row.ID), Name: row.Name, Description: row.Description, Category: row.Category,
		BasePrice: money.New(row.BasePrice, row.Currency), Version: row.Version,
		CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}
}
