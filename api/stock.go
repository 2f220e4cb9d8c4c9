package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/product"
)

// Stock is the count of a product.
type Stock struct {
	ProductID string    `json:"product_id" example:"prd_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	OnHand    int64     `json:"on_hand" doc:"Sold units have left it" example:"120"`
	Reserved  int64     `json:"reserved" doc:"Held by orders" example:"3"`
	Available int64     `json:"available" doc:"On hand and not held" example:"117"`
	UpdatedAt time.Time `json:"updated_at"`
}

// NewStock sets the count of a product.
type NewStock struct {
	OnHand int64 `json:"on_hand" minimum:"0" maximum:"1000000000000" example:"120"`
}

type putStockInput struct {
	ProductPath
	Body NewStock
}

type stockOutput struct {
	Status int
	Body   Stock
}

func (c Config) registerStock(a huma.API) {
	huma.Register(a, operation("get-stock", http.MethodGet, "/v1/stock/{product_id}", "stock", customers(readStock), "Get the stock of a product", "What is on hand, and how much of it orders hold.",
		inventory.ErrNotFound), func(ctx context.Context, in *ProductPath) (*stockOutput, error) {
		s, err := c.Stock.Get(ctx, in.ProductID)
		return stockAnswer(ctx, s, false, err)
	})
	put := operation("put-stock", http.MethodPut, "/v1/stock/{product_id}", "stock", servicesOnly(writeStock), "Set the units on hand",
		"Not below what orders hold.", product.ErrNotFound, inventory.ErrBelowReserved)
	put.Responses = createdToo("Stock")
	huma.Register(a, put, func(ctx context.Context, in *putStockInput) (*stockOutput, error) {
		if _, err := c.Products.Get(ctx, in.ProductID); err != nil {
			return nil, problem(ctx, err)
		}
		s, created, err := c.Stock.SetOnHand(ctx, in.ProductID, in.Body.OnHand)
		return stockAnswer(ctx, s, created, err)
	})
}

func stockAnswer(ctx context.Context, s inventory.Stock, created bool, err error) (*stockOutput, error) {
	if err != nil {
		return nil, problem(ctx, err)
	}
	status, _ := putStatus(created, "")
	return &stockOutput{Status: status, Body: Stock(s)}, nil
}
