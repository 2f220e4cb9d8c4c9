package notification

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/skaldhq/skald/internal/id"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/internal/text"
)

// userDeleted is the type of the event that there is nobody to tell any more.
const userDeleted = "user.deleted"

// The prefixes of the ids of what events are about.
const (
	UserIDPrefix    id.Prefix = "usr"
	OrderIDPrefix   id.Prefix = "ord"
	PaymentIDPrefix id.Prefix = "pay"
)

// maxEventID is far more than an event's id has, in bytes.
const maxEventID = 200

// Event is what another service told.
type Event struct {
	ID   string          `json:"id"` // the same, however often it comes
	Type string          `json:"type"`
	Time time.Time       `json:"time"` // when it happened; zero: nobody says
	Data json.RawMessage `json:"data"`
}

// Told is an event that has an effect here, read.
type Told struct {
	Type Type
	User uuid.UUID
	// Order is nil where a payment of its own is meant, Payment where an order is.
	Order, Payment *uuid.UUID
	Amount         *money.Money // nil: it tells none
	Cause          string
	// Deleted: the user is gone. There is nothing else then.
	Deleted bool
}

// Read reads an event. concerns false: of a type that nobody is told of.
// ErrMalformed.
func (e Event) Read() (told Told, concerns bool, err error) {
	told.Deleted = e.Type == userDeleted
	if !told.Deleted && !slices.Contains(Types(), Type(e.Type)) {
		return Told{}, false, nil
	}
	var data struct {
		UserID    string       `json:"user_id"`
		OrderID   string       `json:"order_id"`
		PaymentID string       `json:"payment_id"`
		Reason    string       `json:"reason"`
		Total     *money.Money `json:"total"`  // of an order
		Amount    *money.Money `json:"amount"` // of a payment
	}
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return Told{}, true, ErrMalformed.Because(err)
	}
	told.Type, told.Cause = Type(e.Type), data.Reason
	told.User, err = UserIDPrefix.Parse(data.UserID)
	ok := err == nil && isEventID(e.ID) && text.Keepable(data.Reason) && (told.Deleted || !e.Time.IsZero()) // whoever is gone is gone
	switch {
	case told.Deleted:
	case told.Type == PaymentActionRequired:
		var order bool
		told.Amount = data.Amount
		told.Order, order = optional(OrderIDPrefix, data.OrderID)
		told.Payment, _ = optional(PaymentIDPrefix, data.PaymentID)
		ok = ok && order && told.Payment != nil
	default:
		told.Amount = data.Total
		told.Order, _ = optional(OrderIDPrefix, data.OrderID)
		ok = ok && told.Order != nil
	}
	if a := told.Amount; !ok || a != nil && (a.Amount < 0 || !money.IsCurrency(a.Currency)) {
		return Told{}, true, ErrMalformed
	}
	return told, true, nil
}

// isEventID reports whether s can be the id of an event: mail carries it too.
func isEventID(s string) bool {
	strange := func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("_-./", r)
	}
	return s != "" && len(s) <= maxEventID && strings.IndexFunc(s, strange) < 0
}

// optional reads an id that need not be there.
func optional(prefix id.Prefix, s string) (*uuid.UUID, bool) {
	if s == "" {
		return nil, true
	}
	u, err := prefix.Parse(s)
	if err != nil {
		return nil, false
	}
	return &u, true
}
