package product

import (
	"strings"
	"unicode/utf8"

	"github.com/skaldhq/skald/internal/fault"
)

// MaxPage is the most products that a page holds.
const MaxPage = 100

// Validate tells the first field that is wrong.
func (r PutRequest) Validate() error {
	if _, err := IDPrefix.Parse(r.ID); err != nil {
		return fault.InvalidField("product_id", err.Error())
	}
	if r.Name == "" || !isText(r.Name) {
		return fault.InvalidField("name", "must be text that is not empty")
	}
	if !isText(r.Description) {
		return fault.InvalidField("description", "must be text")
	}
	if !isText(r.Category) {
		return fault.InvalidField("category", "must be text")
	}
	if r.BasePrice.Amount < 0 {
		return fault.InvalidField("base_price.amount", "must not be negative")
	}
	if c := r.BasePrice.Currency; len(c) != 3 || strings.Trim(c, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return fault.InvalidField("base_price.currency", "must be an ISO 4217 code")
	}
	return nil
}

// Describes reports whether the product is as the request wants it.
func (r PutRequest) Describes(p Product) bool {
	return r == PutRequest{ID: p.ID, Name: p.Name, Description: p.Description, Category: p.Category, BasePrice: p.BasePrice}
}

// Matchable reports whether any product can match the filter: none holds what
// is no text.
func (f Filter) Matchable() bool { return isText(f.Category) && isText(f.Query) }

// isText reports whether a database can keep s: it has no NUL and is UTF-8.
func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
