package inventory

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/id"
)

// The prefixes of the ids that this service meets. Their owners are other
// services, which it does not know.
const (
	ProductIDPrefix id.Prefix = "prd"
	OrderIDPrefix   id.Prefix = "ord"
	RefundIDPrefix  id.Prefix = "rfd"
)

// MaxOnHand is the largest count of a product: the largest integer that every
// JSON reader keeps exact.
const MaxOnHand = 1<<53 - 1

// Validate reports what no reservation can be asked with: no lines, a quantity
// that is not positive, a hold that ends before it begins. An id is judged by
// whoever looks it up.
func (r ReserveRequest) Validate() error {
	if len(r.Lines) == 0 {
		return fault.InvalidField("lines", "at least one line is needed")
	}
	if err := validate(r.Lines); err != nil {
		return err
	}
	if r.TTL <= 0 {
		return fault.InvalidField("ttl", "must be greater than 0")
	}
	return nil
}

// Validate reports what no return can be asked with: an id that is none, a
// quantity that is not positive. A product is judged by whoever looks it up.
func (r ReturnRequest) Validate() error {
	if _, err := OrderIDPrefix.Parse(r.OrderID); err != nil {
		return fault.InvalidField("order_id", err.Error())
	}
	if _, err := RefundIDPrefix.Parse(r.RefundID); err != nil {
		return fault.InvalidField("refund_id", err.Error())
	}
	if r.Reversal && len(r.Lines) > 0 {
		return fault.InvalidField("lines", "cannot be said of a reversal")
	}
	return validate(r.Lines)
}

func validate(lines []Line) error {
	for i, line := range lines {
		if line.Quantity <= 0 {
			return fault.InvalidField(fmt.Sprintf("lines[%d].quantity", i), "must be greater than 0")
		}
	}
	return nil
}

// AddUp adds up the lines of the same product and sorts them by product id. A
// sum that does not fit stays at the largest int64, which no stock can meet.
func AddUp(lines []Line) []Line {
	sums := make(map[string]int64, len(lines))
	for _, line := range lines {
		product := canonical(line.ProductID)
		sum := sums[product]
		if line.Quantity > math.MaxInt64-sum {
			sum = math.MaxInt64
		} else {
			sum += line.Quantity
		}
		sums[product] = sum
	}
	added := make([]Line, 0, len(sums))
	for product, sum := range sums {
		added = append(added, Line{ProductID: product, Quantity: sum})
	}
	slices.SortFunc(added, func(a, b Line) int { return strings.Compare(a.ProductID, b.ProductID) })
	return added
}

// canonical is the one spelling of a product's id; what is no id stays as it is.
func canonical(productID string) string {
	u, err := ProductIDPrefix.Parse(productID)
	if err != nil {
		return productID
	}
	return ProductIDPrefix.Format(u)
}
