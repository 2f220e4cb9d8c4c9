package payment

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/id"
	"github.com/skaldhq/skald/internal/money"
)

// The ids that other services give. A service does not know another, so the
// prefixes stand here once more.
const (
	OrderIDPrefix  id.Prefix = "ord"
	UserIDPrefix   id.Prefix = "usr"
	RefundIDPrefix id.Prefix = "rfd"
)

// Operation is one of the things that the service does at the provider.
type Operation string

// The operations. Each is done at most once for an order, a refund once for its id.
const (
	OpAuthorize Operation = "authorize"
	OpVoid      Operation = "void"
	OpCapture   Operation = "capture"
	OpRefund    Operation = "refund"
)

// ProviderKey is the provider's idempotency key of an operation on a Subject.
// spent counts the keys before it under which the provider only repeats its own
// failure; it is kept, so that a retry uses the same key.
func (o Operation) ProviderKey(orderID string, spent int32) string {
	return key(orderID, string(o), spent)
}

// CreateKey is the provider's idempotency key of making a Subject's intent.
func CreateKey(orderID string, spent int32) string { return key(orderID, "create", spent) }

// RefundKey is the provider's idempotency key of a refund. There is no other one
// after it: unlike an intent, a refund that came to be twice would not refuse.
func RefundKey(orderID, refundID string) string {
	return key(orderID, string(OpRefund)+":"+refundID, 0)
}

func key(orderID, what string, spent int32) string {
	if spent == 0 {
		return orderID + ":" + what
	}
	return fmt.Sprintf("%s:%s:%d", orderID, what, spent+1)
}

// MaxPage is the most payments that a page holds.
const MaxPage = 100

// Validate tells the first field that is wrong.
func (r AuthorizeRequest) Validate() error {
	if _, err := ParseSubject(r.OrderID); err != nil {
		return err
	}
	if _, err := UserIDPrefix.Parse(r.UserID); err != nil {
		return &fault.Error{Kind: fault.Invalid, Code: "user_not_found", Message: err.Error(), Field: "user_id"} // nobody has what is no id
	}
	if !money.IsCurrency(r.Amount.Currency) {
		return fault.InvalidField("amount.currency", "is not an ISO 4217 code")
	}
	if r.Amount.Amount <= 0 {
		return ErrAmount
	}
	if r.Method == "" {
		return fault.InvalidField("method", "is required")
	}
	return nil
}

// Validate tells the first field that is wrong.
func (r RefundRequest) Validate() error {
	if _, err := ParseSubject(r.OrderID); err != nil {
		return err
	}
	if _, err := RefundIDPrefix.Parse(r.RefundID); err != nil {
		return fault.InvalidField("refund_id", err.Error())
	}
	if r.Amount.IsZero() {
		return nil
	}
	if r.Reversal || r.Kept {
		return fault.InvalidField("amount", "cannot be said of a reversal, or of a refund that is kept")
	}
	if !money.IsCurrency(r.Amount.Currency) {
		return fault.InvalidField("amount.currency", "is not an ISO 4217 code")
	}
	if r.Amount.Amount <= 0 {
		return fault.InvalidField("amount.amount", "must be greater than 0")
	}
	return nil
}

// Hash identifies what is asked for.
func (r AuthorizeRequest) Hash() []byte {
	r.ActionTimeout = 0
	return hash(r)
}

// Hash identifies what is asked for: a reversal is one for all that is left.
func (r RefundRequest) Hash() []byte {
	r.Reversal, r.Kept = false, false
	return hash(r)
}

// hash is stored, so every later version must compute the same.
func hash(request any) []byte {
	raw, err := json.Marshal(request)
	if err != nil { // strings and numbers always marshal
		panic(err)
	}
	sum := sha256.Sum256(raw)
	return sum[:]
}
