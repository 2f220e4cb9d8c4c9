package pricing

import (
	"fmt"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/id"
	"github.com/skaldhq/skald/internal/money"
)

// The prefixes of the ids that this service meets. Their owners are other
// services, which it does not know.
const (
	ProductIDPrefix id.Prefix = "prd"
	OrderIDPrefix   id.Prefix = "ord"
)

// Validate reports what no price can be.
func (r SetRequest) Validate() error {
	if err := ValidateBase(r.Base); err != nil {
		return err
	}
	if r.Discount != nil {
		return r.Discount.validate()
	}
	return nil
}

// ValidateBase reports what no base price can be.
func ValidateBase(base money.Money) error {
	if base.Amount < 0 {
		return fault.InvalidField("base_price.amount", "must not be negative")
	}
	if !money.IsCurrency(base.Currency) {
		return fault.InvalidField("base_price.currency", "must be an ISO 4217 code")
	}
	return nil
}

func (d Discount) validate() error {
	if d.BasisPoints < 1 || d.BasisPoints > whole {
		return fault.InvalidField("discount.basis_points", "must be from 1 to 10000")
	}
	if d.StartsAt != nil && d.EndsAt != nil && !d.StartsAt.Before(*d.EndsAt) {
		return fault.InvalidField("discount.ends_at", "must be after starts_at")
	}
	return nil
}

// Validate reports what cannot be priced at all: no items, a quantity that is
// not positive. An id is judged by whoever looks it up.
func (r QuoteRequest) Validate() error {
	if len(r.Items) == 0 {
		return fault.InvalidField("items", "at least one item is needed")
	}
	for i, item := range r.Items {
		if item.Quantity <= 0 {
			return fault.InvalidField(fmt.Sprintf("items[%d].quantity", i), "must be greater than 0")
		}
	}
	return nil
}
