package api

import (
	"context"
	"time"

	"github.com/skaldhq/skald/services/product"
)

// listProductsInput narrows and sorts the catalogue.
type listProductsInput struct {
	Category string       `query:"category" maxLength:"100" doc:"Products of this category only" example:"games"`
	Query    string       `query:"q" maxLength:"100" doc:"Products whose name or description has this in it" example:"dice"`
	MinPrice int64        `query:"min_price" minimum:"0" maximum:"99999999" doc:"Products that cost as much or more now, in minor units" example:"1000"`
	MaxPrice int64        `query:"max_price" minimum:"0" maximum:"99999999" default:"99999999" doc:"Products that cost as much or less now, in minor units" example:"5000"`
	InStock  string       `query:"in_stock" enum:"true,false" doc:"true: products of which there are units; false: those that are sold out. While inventory does not answer, both" example:"true"`
	Sort     product.Sort `query:"sort" enum:"-created_at,name,price,-price" default:"-created_at" doc:"Newest first, by name, or by base price upwards or downwards" example:"price"`
	PageQuery
}

type listProductsOutput struct{ Body page[Product] }

const (
	// siftRounds bounds how many full pages of the catalogue one request looks
	// through for what it asks for.
	siftRounds = 10
	// siftTimeout is when it looks no further.
	siftTimeout = time.Second
	// highestPrice is what no price is above.
	highestPrice = 99_999_999
)

func (in *listProductsInput) filter() product.Filter {
	return product.Filter{Category: in.Category, Query: in.Query, MinBase: in.MinPrice, Sort: in.Sort, Limit: in.Limit, Cursor: in.Cursor}
}

// sifts tells whether the list is narrowed by what only the other services know.
func (in *listProductsInput) sifts() bool {
	return in.InStock != "" || in.MinPrice > 0 || in.MaxPrice < highestPrice
}

// wants tells whether a product is one of those that are asked for.
func (in *listProductsInput) wants(p Product) bool {
	if in.InStock != "" && p.Stock.Value != nil && (p.Stock.Value.Available > 0) != (in.InStock == "true") {
		return false
	}
	return in.MinPrice <= p.Price.Amount && p.Price.Amount <= in.MaxPrice
}

func (c Config) listProducts(ctx context.Context, in *listProductsInput) (*listProductsOutput, error) {
	look := c.leaf
	if in.sifts() {
		look = c.sift
	}
	items, next, err := look(ctx, in)
	if err != nil {
		return nil, problem(ctx, err)
	}
	same := func(p Product) Product { return p }
	return &listProductsOutput{Body: newPage(items, same, next)}, nil
}

// leaf gives a page of the catalogue as it is.
func (c Config) leaf(ctx context.Context, in *listProductsInput) (items []Product, next string, err error) {
	found, err := c.Products.List(ctx, in.filter())
	return c.compose(ctx, found.Items...), found.NextCursor, err
}

// sift looks through the catalogue for products that are wanted. Where they are
// rare, the page may hold fewer than were asked for, and yet have a next one. A
// discount only ever lowers the base price, by which the catalogue sifts first.
func (c Config) sift(ctx context.Context, in *listProductsInput) (items []Product, next string, err error) {
	f := in.filter()
	f.Limit = product.MaxPage
	for begun, round := time.Now(), 0; round < siftRounds && time.Since(begun) < siftTimeout; round++ {
		found, err := c.Products.List(ctx, f)
		if err != nil {
			return nil, "", err
		}
		for i, p := range c.compose(ctx, found.Items...) {
			if !in.wants(p) {
				continue
			}
			if items = append(items, p); len(items) == in.Limit {
				if last := i == len(found.Items)-1; last {
					return items, found.NextCursor, nil
				}
				return items, f.After(found.Items[i]), nil
			}
		}
		if f.Cursor = found.NextCursor; f.Cursor == "" {
			break
		}
	}
	return items, f.Cursor, nil
}
