package productpg

import (
	"context"
	"math"
	"strings"

	"github.com/google/uuid"

	productdb "github.com/skaldhq/skald/db/product"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/product"
)

// List reads a page.
func (s *Store) List(ctx context.Context, f product.Filter) (product.Page, error) {
	sort, after, err := f.Begin()
	if err != nil {
		return product.Page{}, err
	}
	if !f.Matchable() {
		return product.Page{}, nil
	}
	limit := min(max(f.Limit, 1), product.MaxPage)
	rows, err := s.rows(ctx, sort, after, f, int32(limit)+1) //nolint:gosec // at most product.MaxPage
	if err != nil {
		return product.Page{}, s.constraints.Translate(err)
	}
	var page product.Page
	for _, row := range rows[:min(len(rows), limit)] {
		page.Items = append(page.Items, toProduct(row))
	}
	if len(rows) > limit {
		page.NextCursor = f.After(page.Items[limit-1])
	}
	return page, nil
}

// rows reads what comes after a cursor, in the sequence that it is of; each has an
// index.
func (s *Store) rows(ctx context.Context, sort product.Sort, after *product.Cursor, f product.Filter, limit int32) ([]productdb.Product, error) {
	category, pattern := some(f.Category), some(f.Query)
	if pattern != nil {
		*pattern = "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(f.Query)) + "%"
	}
	switch sort {
	case product.ByName:
		if after == nil {
			after = &product.Cursor{}
		}
		return s.queries.ListByName(ctx, productdb.ListByNameParams{
			AfterName: after.Name, AfterID: after.ID, MinBase: f.MinBase, Category: category, Pattern: pattern, PageLimit: limit,
		})
	case product.Cheapest:
		if after == nil {
			after = &product.Cursor{Price: -1}
		}
		return s.queries.ListCheapest(ctx, productdb.ListCheapestParams{
			AfterPrice: after.Price, AfterID: after.ID, MinBase: f.MinBase, Category: category, Pattern: pattern, PageLimit: limit,
		})
	case product.Priciest:
		if after == nil {
			after = &product.Cursor{Price: math.MaxInt64, ID: uuid.Max}
		}
		return s.queries.ListPriciest(ctx, productdb.ListPriciestParams{
			BeforePrice: after.Price, BeforeID: after.ID, MinBase: f.MinBase, Category: category, Pattern: pattern, PageLimit: limit,
		})
	case product.Newest: // below
	}
	if after == nil {
		first := pg.FirstPage()
		after = &product.Cursor{At: first.At, ID: first.ID}
	}
	return s.queries.ListNewest(ctx, productdb.ListNewestParams{
		BeforeAt: after.At, BeforeID: after.ID, MinBase: f.MinBase, Category: category, Pattern: pattern, PageLimit: limit,
	})
}

// some is a filter that narrows, nil for one that does not.
func some(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
