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

// Put creates the product or replaces its state.
func (s *Store) Put(ctx context.Context, r product.PutRequest) (product.Product, bool, error) {
	if err := r.Validate(); err != nil {
		return product.Product{}, false, err
	}
	productID, _ := product.IDPrefix.Parse(r.ID) // what is valid parses
	row, err := s.queries.PutProduct(ctx, productdb.PutProductParams{
		ID: productID, Name: r.Name, Description: r.Description, Category: r.Category,
		BasePrice: r.BasePrice.Amount, Currency: r.BasePrice.Currency, Searched: searched(r),
	})
	if err != nil {
		return product.Product{}, false, s.constraints.Translate(err)
	}
	return toProduct(row), row.Version == 1, nil
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

// List reads a page, newest first.
func (s *Store) List(ctx context.Context, f product.Filter) (product.Page, error) {
	cursor, err := pg.ParseCursor(f.Cursor)
	if err != nil {
		return product.Page{}, err
	}
	if !f.Matchable() {
		return product.Page{}, nil
	}
	limit := min(max(f.Limit, 1), product.MaxPage)
	params := productdb.ListProductsParams{BeforeAt: cursor.At, BeforeID: cursor.ID, PageLimit: int32(limit) + 1} //nolint:gosec // at most product.MaxPage
	if f.Category != "" {
		params.Category = &f.Category
	}
	if f.Query != "" {
		pattern := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(f.Query)) + "%"
		params.Pattern = &pattern
	}
	rows, err := s.queries.ListProducts(ctx, params)
	if err != nil {
		return product.Page{}, s.constraints.Translate(err)
	}
	var page product.Page
	rows, page.NextCursor = pg.Page(rows, limit, func(row productdb.Product) pg.Cursor { return pg.Cursor{At: row.CreatedAt, ID: row.ID} })
	for _, row := range rows {
		page.Items = append(page.Items, toProduct(row))
	}
	return page, nil
}

// Delete removes a product.
func (s *Store) Delete(ctx context.Context, productID string) error {
	parsed, err := product.IDPrefix.Parse(productID)
	if err != nil {
		return product.ErrNotFound
	}
	n, err := s.queries.DeleteProduct(ctx, parsed)
	if err == nil && n == 0 {
		return product.ErrNotFound
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
