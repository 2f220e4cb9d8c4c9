package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/pricing"
	"github.com/skaldhq/skald/services/product"
)

// Price is what a unit of a product costs.
type Price struct {
	ProductID    string          `json:"product_id" example:"prd_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	BasePrice    money.Money     `json:"base_price"`
	CurrentPrice money.Money     `json:"current_price" doc:"The base price less the discount that runs"`
	Discount     Maybe[Discount] `json:"discount" doc:"The discount that runs; null where none does"`
	UpdatedAt    time.Time       `json:"updated_at"`
}

// Discount takes a part off the base price while it runs.
type Discount struct {
	BasisPoints int        `json:"basis_points" minimum:"1" maximum:"10000" doc:"Hundredths of a percent" example:"1000"`
	StartsAt    *time.Time `json:"starts_at,omitempty" doc:"At once where it is left out"`
	EndsAt      *time.Time `json:"ends_at,omitempty" doc:"Never where it is left out"`
}

// Amount is an amount of money as a client sets it.
type Amount struct {
	Amount   int64  `json:"amount" minimum:"0" maximum:"99999999" doc:"Minor units" example:"1450"`
	Currency string `json:"currency" pattern:"^[A-Z]{3}$" doc:"ISO 4217" example:"EUR"`
}

func (p Amount) money() money.Money { return money.New(p.Amount, p.Currency) }

// NewPrice sets the price of a product.
type NewPrice struct {
	BasePrice Amount    `json:"base_price"`
	Discount  *Discount `json:"discount,omitempty" doc:"Left out, there is none"`
}

type putPriceInput struct {
	ProductPath
	Body NewPrice
}

type priceOutput struct {
	Status int
	Body   Price
}

func toDiscount(d *pricing.Discount) Maybe[Discount] {
	if d == nil {
		return Maybe[Discount]{}
	}
	return Maybe[Discount]{&Discount{BasisPoints: d.BasisPoints, StartsAt: d.StartsAt, EndsAt: d.EndsAt}}
}

func (c Config) registerPrices(a huma.API) {
	huma.Register(a, operation("get-price", http.MethodGet, "/v1/prices/{product_id}", "prices", customers(readPrices), "Get the price of a product", "With the discount that runs.",
		pricing.ErrNotFound), func(ctx context.Context, in *ProductPath) (*priceOutput, error) {
		p, err := c.Prices.Get(ctx, in.ProductID)
		return priceAnswer(ctx, p, false, err)
	})
	put := operation("put-price", http.MethodPut, "/v1/prices/{product_id}", "prices", servicesOnly(writePrices), "Set the price of a product",
		"Orders that were quoted keep their price.", product.ErrNotFound)
	put.Responses = createdToo("Price")
	huma.Register(a, put, func(ctx context.Context, in *putPriceInput) (*priceOutput, error) {
		r := pricing.SetRequest{ProductID: in.ProductID, Base: in.Body.BasePrice.money()}
		if d := in.Body.Discount; d != nil {
			r.Discount = &pricing.Discount{BasisPoints: d.BasisPoints, StartsAt: d.StartsAt, EndsAt: d.EndsAt}
		}
		// The catalogue says it while pricing cannot, and sorts by it.
		if err := c.Products.Reprice(ctx, in.ProductID, r.Base); err != nil {
			return nil, problem(ctx, err)
		}
		p, created, err := c.Prices.Set(ctx, r)
		if err == nil {
			err = c.agree(ctx, in.ProductID, r.Base)
		}
		return priceAnswer(ctx, p, created, err)
	})
}

func priceAnswer(ctx context.Context, p pricing.Price, created bool, err error) (*priceOutput, error) {
	if err != nil {
		return nil, problem(ctx, err)
	}
	status, _ := putStatus(created, "")
	return &priceOutput{Status: status, Body: Price{
		ProductID: p.ProductID, BasePrice: p.Base, CurrentPrice: p.Current, Discount: toDiscount(p.Discount), UpdatedAt: p.UpdatedAt,
	}}, nil
}
