package order

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/id"
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

// Validate tells the first field that is wrong.
func (r CreateRequest) Validate() error {
	if _, err := UserIDPrefix.Parse(r.UserID); err != nil {
		return fault.InvalidField("user_id", err.Error())
	}
	if len(r.Items) == 0 || len(r.Items) > MaxItems {
		return fault.InvalidField("items", fmt.Sprintf("an order has 1 to %d items", MaxItems))
	}
	for i, item := range r.Items {
		if _, err := ProductIDPrefix.Parse(item.ProductID); err != nil {
			return fault.InvalidField(fmt.Sprintf("items[%d].product_id", i), err.Error())
		}
		if item.Quantity < 1 || item.Quantity > MaxQuantity {
			return fault.InvalidField(fmt.Sprintf("items[%d].quantity", i), fmt.Sprintf("must be 1 to %d", MaxQuantity))
		}
	}
	if r.PaymentMethod == "" {
		return fault.InvalidField("payment_method", "is required")
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
