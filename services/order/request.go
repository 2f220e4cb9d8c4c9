package order

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/id"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/internal/text"
)

// The ids that other services give. A service does not know another, so the
// prefixes stand here once more.
const (
	UserIDPrefix    id.Prefix = "usr"
	ProductIDPrefix id.Prefix = "prd"
	PaymentIDPrefix id.Prefix = "pay"
)

// The bounds of an order.
const (
	MaxItems    = 100
	MaxQuantity = 1_000_000
)

// MaxPage is the most orders that a page holds.
const MaxPage = 100

// Validate tells the first field that is wrong.
func (r CreateRequest) Validate() error {
	if _, err := UserIDPrefix.Parse(r.UserID); err != nil {
		return noSuch("user_not_found", "user_id", err)
	}
	if len(r.Items) == 0 || len(r.Items) > MaxItems {
		return fault.InvalidField("items", fmt.Sprintf("an order has 1 to %d items", MaxItems))
	}
	for i, item := range r.Items {
		if _, err := ProductIDPrefix.Parse(item.ProductID); err != nil {
			return noSuch("product_not_found", fmt.Sprintf("items[%d].product_id", i), err)
		}
		if item.Quantity < 1 || item.Quantity > MaxQuantity {
			return fault.InvalidField(fmt.Sprintf("items[%d].quantity", i), fmt.Sprintf("must be 1 to %d", MaxQuantity))
		}
	}
	if r.PaymentMethod == "" {
		return fault.InvalidField("payment_method", "is required")
	}
	if !text.Keepable(r.PaymentMethod) {
		return fault.InvalidField("payment_method", "must be text")
	}
	if r.Currency != "" && !money.IsCurrency(r.Currency) {
		return fault.InvalidField("currency", "must be an ISO 4217 code")
	}
	return nil
}

// noSuch is the answer to an id that cannot be one: nobody has it, so its code
// is that of an id that nobody has.
func noSuch(code, field string, err error) error {
	return &fault.Error{Kind: fault.Invalid, Code: code, Message: err.Error(), Field: field}
}

// Validate tells what no order can be settled with. Whether there is a line
// for each item is for the order to judge.
func (q Quote) Validate() error {
	if q.Total.Amount < 0 || !money.IsCurrency(q.Total.Currency) {
		return fault.InvalidField("quote.total", "must be an amount that is not negative, in an ISO 4217 currency")
	}
	for i, line := range q.Lines {
		for _, price := range []money.Money{line.UnitPrice, line.Total} {
			if price.Amount < 0 || price.Currency != q.Total.Currency {
				return fault.InvalidField(fmt.Sprintf("quote.lines[%d]", i), "must not be negative, in the currency of the total")
			}
		}
	}
	return nil
}

// Hash identifies what is asked for, so that the same key with another request
// can be told from the same request again. How the request was written (white
// space, the sequence of its fields) does not count.
func (r CreateRequest) Hash() []byte {
	type line struct {
		Product  string
		Quantity int64
	}
	lines := make([]line, len(r.Items))
	for i, item := range r.Items {
		lines[i] = line{Product: item.ProductID, Quantity: item.Quantity}
	}
	raw, err := json.Marshal([]any{r.UserID, lines, r.Currency, r.PaymentMethod})
	if err != nil { // strings and numbers always marshal
		panic(err)
	}
	sum := sha256.Sum256(raw)
	return sum[:]
}
