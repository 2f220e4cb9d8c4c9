package api

import (
	"context"
	"sync"
	"time"

	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/pricing"
	"github.com/skaldhq/skald/services/product"
)

// composeTimeout is what stock and price may add to the time of the catalogue.
const composeTimeout = 500 * time.Millisecond

// compose adds stock and price to products, asking both services at the same
// time, each once. A service that fails is named, and its part falls back: to
// what it said a moment ago, and without that the prices to the catalogue's base
// price, the stock to null.
func (c Config) compose(ctx context.Context, products ...product.Product) []Product {
	ctx, cancel := context.WithTimeout(ctx, composeTimeout)
	defer cancel()
	ids := make([]string, len(products))
	for i, p := range products {
		ids[i] = p.ID
	}
	var (
		both             sync.WaitGroup
		stock            map[string]inventory.Stock
		prices           map[string]pricing.Price
		noStock, noPrice error
	)
	if len(ids) > 0 {
		both.Go(func() { stock, noStock = c.Stock.List(ctx, ids) })
		both.Go(func() { prices, noPrice = c.Prices.List(ctx, ids) })
		both.Wait()
	}
	stock, prices = c.recent.stock.or(ids, stock, noStock), c.recent.prices.or(ids, prices, noPrice)
	degraded := []string{}
	if noStock != nil {
		degraded = append(degraded, "inventory")
	}
	if noPrice != nil {
		degraded = append(degraded, "pricing")
	}
	out := make([]Product, len(products))
	for i, p := range products {
		out[i] = Product{
			ID: p.ID, Name: p.Name, Description: p.Description, Category: p.Category, BasePrice: p.BasePrice, Price: p.BasePrice,
			Degraded: degraded, Version: p.Version, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
		}
		if price, ok := prices[p.ID]; ok {
			out[i].BasePrice, out[i].Price, out[i].Discount = price.Base, price.Current, toDiscount(price.Discount)
		}
		if s, ok := stock[p.ID]; ok || noStock == nil { // a product that inventory does not know has none
			out[i].Stock.Value = &ProductStock{OnHand: s.OnHand, Reserved: s.Reserved, Available: s.Available}
		}
	}
	return out
}
