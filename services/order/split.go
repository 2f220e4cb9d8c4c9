package order

// Bought is an item of an order, its frozen prices in minor units, and what
// refunds have taken of it.
type Bought struct {
	ProductID                        string
	Quantity, UnitPrice, Total       int64
	RefundedQuantity, RefundedAmount int64
}

// Part is units of one item that a refund takes. Amount is in minor units.
type Part struct {
	Item             int // index among the items
	Quantity, Amount int64
}

// Split says which items' units a refund takes, in the order's sequence, and
// what they cost; no lines: all that is left. left is the order's total less
// what refunds have taken. Units cost their unit price, the last ones of an item
// the rest of its total, and the last ones of the order all that is left of
// that, so that the sums are exact. ErrRefundTooMany.
func Split(items []Bought, left int64, lines []RefundLine) ([]Part, error) {
	wanted := map[string]int64{}
	for _, line := range lines {
		wanted[line.ProductID] += line.Quantity
	}
	var parts []Part
	all := true // that is left
	for i, item := range items {
		free := item.Quantity - item.RefundedQuantity
		taken := free
		if len(lines) > 0 {
			taken = min(free, wanted[item.ProductID])
			wanted[item.ProductID] -= taken
		}
		all = all && taken == free
		if taken == 0 {
			continue
		}
		amount := min(item.cost(taken), left)
		left -= amount
		parts = append(parts, Part{Item: i, Quantity: taken, Amount: amount})
	}
	for _, missing := range wanted {
		if missing > 0 {
			return nil, ErrRefundTooMany
		}
	}
	if len(parts) == 0 {
		return nil, ErrRefundTooMany
	}
	if all {
		parts[len(parts)-1].Amount += left
	}
	return parts, nil
}

// cost is what some of the item's units that are left cost.
func (b Bought) cost(quantity int64) int64 {
	rest := max(b.Total-b.RefundedAmount, 0)
	if quantity == b.Quantity-b.RefundedQuantity || b.UnitPrice > rest/quantity { // the product may not fit into an int64
		return rest
	}
	return quantity * b.UnitPrice
}
