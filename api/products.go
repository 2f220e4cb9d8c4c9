package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/product"
)

// Product is a product of the catalogue, with its stock and its price.
type Product struct {
	ID          string              `json:"id" example:"prd_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Name        string              `json:"name" example:"Rune dice"`
	Description string              `json:"description" example:"Six dice of bone, with runes."`
	Category    string              `json:"category" example:"games"`
	BasePrice   money.Money         `json:"base_price" doc:"Pricing's; the catalogue's while pricing does not answer"`
	Price       money.Money         `json:"price" doc:"What a unit costs now; the base price while pricing does not answer"`
	Discount    Maybe[Discount]     `json:"discount" doc:"The discount that is in the price; null where none runs"`
	Stock       Maybe[ProductStock] `json:"stock" doc:"Null while inventory does not answer, but for what it said in the last seconds"`
	Degraded    []string            `json:"degraded" nullable:"false" doc:"Services that did not answer in time" example:"[]"`
	Version     int64               `json:"version" example:"1"`
	CreatedAt   time.Time           `json:"created_at"`
	UpdatedAt   time.Time           `json:"updated_at"`
}

// ProductStock is a product's stock.
type ProductStock struct {
	OnHand    int64 `json:"on_hand" example:"120"`
	Reserved  int64 `json:"reserved" doc:"Units that orders hold" example:"3"`
	Available int64 `json:"available" doc:"On hand, and free to order" example:"117"`
}

// NewProduct is the state of a product as a client sets it.
type NewProduct struct {
	Name        string `json:"name" minLength:"1" maxLength:"200" example:"Rune dice"`
	Description string `json:"description,omitempty" maxLength:"5000" example:"Six dice of bone, with runes."`
	Category    string `json:"category,omitempty" maxLength:"100" example:"games"`
	BasePrice   Amount `json:"base_price"`
}

// ProductPath names a product. It is exported because Huma passes over embedded
// structs that are not.
type ProductPath struct {
	ProductID string `path:"product_id" doc:"The product's id" example:"prd_01k9m2v6y7e4p8s0t2w4x6z8ab"`
}

type createProductInput struct {
	KeyHeader
	Body NewProduct
}

type getProductInput struct {
	ProductPath
	IfNoneMatch
}

type deleteProductInput struct {
	ProductPath
	Preconditions
}

type putProductInput struct {
	ProductPath
	Preconditions
	Body NewProduct
}

type productOutput struct {
	Status   int
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     Product
}

func (c Config) registerProducts(a huma.API) {
	create := operation("create-product", http.MethodPost, "/v1/products", "products", servicesOnly(writeProducts), "Create a product", "Sets its base price too. "+createdOnce)
	create.DefaultStatus = http.StatusCreated
	huma.Register(a, create, c.createProduct)
	huma.Register(a, operation("list-products", http.MethodGet, "/v1/products", "products", customers(readProducts), "List products",
		"Newest first, or as `sort` says, each composed as `get-product` does. Filters by price and stock look through a part of the catalogue at a time: a page may hold fewer than `limit`, and have a next one all the same."), c.listProducts)
	huma.Register(a, operation("get-product", http.MethodGet, "/v1/products/{product_id}", "products", customers(readProducts), "Get a product",
		"Composed of catalogue, inventory and pricing; what does not answer in time is named in `degraded`.", product.ErrNotFound), c.getProduct)
	put := operation("put-product", http.MethodPut, "/v1/products/{product_id}", "products", servicesOnly(writeProducts), "Create or replace a product",
		"The id is the client's own, a TypeID with the prefix `prd`. Sets the base price too. "+seenFirst+" What other resources set, the stock and the discount, is no change of it.", product.ErrNotFound)
	put.Responses = createdToo("Product")
	huma.Register(a, put, c.putProduct)
	huma.Register(a, operation("delete-product", http.MethodDelete, "/v1/products/{product_id}", "products", servicesOnly(writeProducts), "Delete a product",
		"It can no longer be ordered; orders that were placed go on.", product.ErrNotFound), c.deleteProduct)
}

func (n NewProduct) request(productID string) product.PutRequest {
	return product.PutRequest{
		ID: productID, Name: n.Name, Description: n.Description, Category: n.Category, BasePrice: n.BasePrice.money(),
	}
}

// createProduct makes the product or finds the one that its key made before.
func (c Config) createProduct(ctx context.Context, in *createProductInput) (*productOutput, error) {
	r := in.Body.request(in.newID(ctx, product.IDPrefix, "create-product"))
	p, err := c.Products.Get(ctx, r.ID)
	if errors.Is(err, product.ErrNotFound) {
		p, _, err = c.makeProduct(ctx, r)
	}
	if err != nil {
		return nil, problem(ctx, err)
	}
	if !r.Describes(p) {
		return nil, keyReused(ctx)
	}
	return c.productAnswer(ctx, p, true), nil
}

// makeProduct sets the price first: the product shows when it is whole.
func (c Config) makeProduct(ctx context.Context, r product.PutRequest) (p product.Product, created bool, err error) {
	if err := r.Validate(); err != nil {
		return product.Product{}, false, err
	}
	if _, err := c.Prices.SetBase(ctx, r.ID, r.BasePrice); err != nil {
		return product.Product{}, false, err
	}
	if p, created, err = c.Products.Create(ctx, r); err == nil {
		err = c.agree(ctx, r.ID, r.BasePrice)
	}
	return p, created, err
}

// agree has pricing, which was told a base price last, say what the catalogue
// says. Whoever changes either comes here after it, so that of those who do so at
// the same time the last one sees what the others did.
func (c Config) agree(ctx context.Context, productID string, told money.Money) error {
	for {
		p, err := c.Products.Get(ctx, productID)
		if errors.Is(err, product.ErrNotFound) { // deleted meanwhile: nobody is to order it
			return cmp.Or(c.Prices.Delete(ctx, productID), err)
		}
		if err != nil || p.BasePrice == told {
			return err
		}
		told = p.BasePrice
		if _, err := c.Prices.SetBase(ctx, productID, told); err != nil {
			return err
		}
	}
}

func (c Config) putProduct(ctx context.Context, in *putProductInput) (*productOutput, error) {
	return twice(ctx, product.ErrChanged, in, c.tryPutProduct)
}

func (c Config) tryPutProduct(ctx context.Context, in *putProductInput) (*productOutput, error) {
	r := in.Body.request(in.ProductID)
	p, err := c.Products.Get(ctx, in.ProductID)
	if errors.Is(err, product.ErrNotFound) {
		if err := in.check(ctx, "", true); err != nil {
			return nil, err
		}
		var created bool
		if p, created, err = c.makeProduct(ctx, r); created && err == nil {
			return c.productAnswer(ctx, p, true), nil
		}
	}
	if err != nil {
		return nil, problem(ctx, err)
	}
	same := r.Describes(p)
	if err := in.check(ctx, productTag(p), same); err != nil {
		return nil, err
	}
	if !same {
		if p, err = c.Products.Update(ctx, r, p.Version); errors.Is(err, product.ErrChanged) {
			return nil, err
		}
	}
	if err == nil { // also where the one before failed between the two
		_, err = c.Prices.SetBase(ctx, r.ID, r.BasePrice)
	}
	if err == nil {
		err = c.agree(ctx, r.ID, r.BasePrice)
	}
	if err != nil {
		return nil, problem(ctx, err)
	}
	return c.productAnswer(ctx, p, false), nil
}

// productTag names the state of a product that a PUT sets.
func productTag(p product.Product) string { return etag(p.Version, p.UpdatedAt, "") }

func (c Config) productAnswer(ctx context.Context, p product.Product, created bool) *productOutput {
	shown := c.compose(ctx, p)[0]
	said, err := json.Marshal([]any{shown.BasePrice, shown.Price, shown.Discount, shown.Stock, shown.Degraded})
	if err != nil { // numbers, text and times always marshal
		panic(err)
	}
	out := &productOutput{ETag: etag(p.Version, p.UpdatedAt, string(said)), Body: shown}
	out.Status, out.Location = putStatus(created, "/v1/products/"+p.ID)
	return out
}

func (c Config) getProduct(ctx context.Context, in *getProductInput) (*productOutput, error) {
	p, err := c.Products.Get(ctx, in.ProductID)
	if err != nil {
		return nil, problem(ctx, err)
	}
	out := c.productAnswer(ctx, p, false)
	return out, in.unchanged(out.ETag)
}

// deleteProduct takes the price first: from then on nobody can order it. It takes
// it again after the product, for who has set it meanwhile.
func (c Config) deleteProduct(ctx context.Context, in *deleteProductInput) (*struct{}, error) {
	p, err := c.Products.Get(ctx, in.ProductID)
	if err != nil {
		return nil, problem(ctx, err)
	}
	if err := in.check(ctx, productTag(p), true); err != nil {
		return nil, err
	}
	if err = c.Prices.Delete(ctx, p.ID); err == nil {
		err = c.Products.Delete(ctx, p.ID, in.version(p.Version))
	}
	if errors.Is(err, product.ErrChanged) {
		if err = c.agree(ctx, p.ID, money.Money{}); err == nil {
			return nil, errPrecondition.problem(ctx)
		}
		return nil, problem(ctx, err)
	}
	if err == nil {
		err = c.Prices.Delete(ctx, p.ID)
	}
	return nil, problem(ctx, err)
}
