// Package notification is the domain of the notification service: what customers
// are told about their orders and payments, each thing once.
package notification

import (
	"context"
	"strings"
	"time"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/id"
	"github.com/skaldhq/skald/internal/money"
)

// IDPrefix is the prefix of the ids of notifications.
const IDPrefix id.Prefix = "ntf"

// Type is what a customer is told: the type of the event that it is about.
type Type string

// The types of notifications.
const (
	OrderConfirmed        Type = "order.confirmed"
	OrderRejected         Type = "order.rejected"
	OrderCancelled        Type = "order.cancelled"
	OrderFailed           Type = "order.failed"
	OrderRefunded         Type = "order.refunded"
	PaymentActionRequired Type = "payment.action_required"
)

// Types are all types of notifications.
func Types() []Type {
	return []Type{OrderConfirmed, OrderRejected, OrderCancelled, OrderFailed, OrderRefunded, PaymentActionRequired}
}

// Channel is the way to a customer.
type Channel string

// Email is the only channel.
const Email Channel = "email"

// Status is where a notification stands.
type Status string

// The statuses of a notification:
//
//	pending ⇄ sending → sent | failed | skipped
//
// One that is being sent by a process that died is sent again after its lease.
const (
	Pending Status = "pending"
	Sending Status = "sending"
	Sent    Status = "sent"    // a mail server has taken it
	Failed  Status = "failed"  // no mail server will take it
	Skipped Status = "skipped" // there is nobody, or nothing, to tell any more
)

// Why a notification was skipped, or given up.
const (
	ReasonUserDeleted   = "user_deleted"   // there is nobody to tell
	ReasonNotAwaited    = "not_awaited"    // the payment no longer waits for its customer
	ReasonOutdated      = "outdated"       // it was no news any more when it came, or was to be sent
	ReasonUndeliverable = "undeliverable"  // tried for as long as there is a point in it
	ReasonUnwritable    = "not_renderable" // a defect on our side
)

// Notification is what a customer is told. It never holds their address.
type Notification struct {
	ID      string `json:"id"`
	EventID string `json:"event_id"`
	Type    Type   `json:"type"`
	UserID  string `json:"user_id"`
	// OrderID is empty where a payment of its own is meant, PaymentID where an order is.
	OrderID   string  `json:"order_id,omitempty"`
	PaymentID string  `json:"payment_id,omitempty"`
	Channel   Channel `json:"channel"`
	Status    Status  `json:"status"`
	// Reason says why it was skipped or failed, and of one that waits why it was not
	// sent yet.
	Reason   string `json:"reason,omitempty"`
	Attempts int    `json:"attempts"`
	// Locale and Subject are empty until it was written, and once its user was erased.
	Locale    string     `json:"locale,omitempty"`
	Subject   string     `json:"subject,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`
	SentAt    *time.Time `json:"sent_at,omitempty"` // nil unless it was sent
}

// Due is a notification that its holder has to send now.
type Due struct {
	Notification

	HappenedAt time.Time // the event's time

	Amount money.Money // the zero value: the event told none
	Cause  string      // why, as the event told it: a code, or empty
	Erased bool        // its user is gone
	// Overtaken: its order stands otherwise by now, which there is a notification of.
	Overtaken bool
}

// MailID is the same for every attempt to send it, and for whatever is made of the
// same event once more.
func (n Notification) MailID() string {
	return strings.ReplaceAll(n.EventID, "/", ".") + "." + string(n.Channel)
}

// MaxPage is the most that a page holds.
const MaxPage = 100

// Filter narrows a list; empty fields do not.
type Filter struct {
	UserID string `json:"user_id,omitempty"`
	Limit  int    `json:"limit"` // 1 to MaxPage; what lies outside counts as the nearer of them
	Cursor string `json:"cursor,omitempty"`
}

// Page is a page of notifications, newest first.
type Page struct {
	Items      []Notification `json:"items"`
	NextCursor string         `json:"next_cursor"` // empty on the last page
}

// Outcome is what became of an attempt to send.
type Outcome struct {
	ID      string
	Attempt int
	Status  Status // Pending: it is tried again
	Reason  string
	Locale  string
	Subject string
	Again   time.Duration // of one that is pending: how long it rests
}

// Waiting tells what has not been sent yet.
type Waiting struct {
	Count  int
	Oldest time.Duration
}

// The definite answers of the service.
var (
	// ErrMalformed: an event that cannot have been told so.
	ErrMalformed = fault.New(fault.Invalid, "event_malformed", "The event is not of the shape that its type has.")
	// ErrLost: the attempt took longer than its lease, and another was made.
	ErrLost = fault.New(fault.Conflict, "notification_lost", "The notification was claimed by another.")
)

// Service keeps notifications.
type Service interface {
	FrontDoor
	// Take gives an event its effect, once, in one transaction with its place in the
	// inbox: a notification, or that a deleted user is erased: all that was kept of what
	// they were told goes, and what they have not been told yet is skipped; the rows
	// stay, and name the user's id. A notification that is older than StaleAfter is kept
	// as Skipped; a deleted user is erased at any time. fresh tells whether it had an
	// effect; an event that comes again has none, and neither has one of a type that
	// nobody is told of. ErrMalformed.
	Take(ctx context.Context, e Event) (fresh bool, err error)
	// Forget takes away what is older than it is kept for, at most limit of each kind, and
	// tells how much. An event that comes again after that is older than StaleAfter, so
	// that nobody is told of it again.
	Forget(ctx context.Context, keep Retention, limit int) (int, error)
	Deliveries
	Graves
}

// Retention is for how long something is kept.
type Retention struct {
	Inbox time.Duration // that an event was received; longer than StaleAfter
	Ended time.Duration // what was sent, failed, or was skipped; dead letters that were replayed or dismissed
}

// Deliveries is what there is to be sent.
type Deliveries interface {
	// Claim gives the notification that is due for the longest time to its caller
	// alone, until the lease is over. ok false: none is due.
	Claim(ctx context.Context, lease time.Duration) (due Due, ok bool, err error)
	// Settle keeps what became of the attempt. ErrLost where its lease was over and
	// another has claimed it.
	Settle(ctx context.Context, o Outcome) error
	// Waiting tells how much waits to be sent.
	Waiting(ctx context.Context) (Waiting, error)
}
