package product

import (
	"unicode/utf8"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/internal/text"
)

// maxName is the longest name, in characters: an index holds it.
const maxName = 200

// Validate tells the first field that is wrong.
func (r PutRequest) Validate() error {
	if _, err := IDPrefix.Parse(r.ID); err != nil {
		return fault.InvalidField("product_id", err.Error())
	}
	if r.Name == "" || utf8.RuneCountInString(r.Name) > maxName || !text.Keepable(r.Name) {
		return fault.InvalidField("name", "must be text of 1 to 200 characters")
	}
	if !text.Keepable(r.Description) {
		return fault.InvalidField("description", "must be text")
	}
	if !text.Keepable(r.Category) {
		return fault.InvalidField("category", "must be text")
	}
	return ValidatePrice(r.BasePrice)
}

// ValidatePrice tells what is wrong with a base price.
func ValidatePrice(base money.Money) error {
	if base.Amount < 0 {
		return fault.InvalidField("base_price.amount", "must not be negative")
	}
	if !money.IsCurrency(base.Currency) {
		return fault.InvalidField("base_price.currency", "must be an ISO 4217 code")
	}
	return nil
}

// Describes reports whether the product is as the request wants it.
func (r PutRequest) Describes(p Product) bool {
	return r == PutRequest{ID: p.ID, Name: p.Name, Description: p.Description, Category: p.Category, BasePrice: p.BasePrice}
}
