package notification

import (
	"context"
	"time"
)

// WebhookDeliveryStatus is where a delivery stands.
type WebhookDeliveryStatus string

// The statuses of a delivery: pending → delivered | failed, and pending again when it
// is asked for.
const (
	WebhookPending   WebhookDeliveryStatus = "pending"
	WebhookDelivered WebhookDeliveryStatus = "delivered" // the endpoint has taken it
	WebhookFailed    WebhookDeliveryStatus = "failed"    // it is not tried any more
)

// Why an attempt came to nothing. An answer that is not 2xx is http_ and its status.
// None tells what is in our own networks.
const (
	WebhookAddressRefused = "refused_address" // the URL leads to where nobody is asked, or nowhere
	WebhookTimeout        = "timeout"
	WebhookTLSFailed      = "tls_failed"
	WebhookUnreachable    = "unreachable"
	WebhookDisabled       = "endpoint_disabled"  // it was not sent
	WebhookUnwanted       = "event_type_removed" // nor was this one: the endpoint does not have its type any more
)

// WebhookAge is for how long a delivery that ended is kept, and can be made again. What
// happened longer ago makes none: it may have been delivered, and nobody knows.
const WebhookAge = 30 * 24 * time.Hour

// WebhookWorkflowID is the id of the workflow that makes a delivery.
func WebhookWorkflowID(deliveryID string) string { return "webhook/" + deliveryID }

// WebhookDelivery is an event for an endpoint: one, however often it is tried.
type WebhookDelivery struct {
	ID         string                `json:"id"`
	EndpointID string                `json:"endpoint_id"`
	EventID    string                `json:"event_id"`
	EventType  string                `json:"event_type"`
	Status     WebhookDeliveryStatus `json:"status"`
	// Round counts who asked for it: the event, then every redelivery.
	Round    int `json:"round"`
	Attempts int `json:"attempts"` // of all rounds
	// LastStatus is the HTTP status of the last attempt; 0: there was no answer.
	LastStatus    int        `json:"last_status,omitempty"`
	LastReason    string     `json:"last_reason,omitempty"` // why that came to nothing
	LastAttemptAt *time.Time `json:"last_attempt_at,omitempty"`
	NextAttemptAt *time.Time `json:"next_attempt_at,omitempty"` // nil: there is none
	CreatedAt     time.Time  `json:"created_at"`
	UpdatedAt     time.Time  `json:"updated_at"`
}

// WebhookDeliveryRef names a delivery to an endpoint.
type WebhookDeliveryRef struct {
	Endpoint EndpointRef `json:"endpoint"`
	ID       string      `json:"id"`
}

// WebhookDeliveryFilter narrows the list of an endpoint's deliveries; empty fields do
// not.
type WebhookDeliveryFilter struct {
	Endpoint EndpointRef           `json:"endpoint"`
	Status   WebhookDeliveryStatus `json:"status,omitempty"`
	Limit    int                   `json:"limit"` // 1 to MaxPage; what lies outside counts as the nearer of them
	Cursor   string                `json:"cursor,omitempty"`
}

// WebhookDeliveryPage is a page of deliveries, newest first.
type WebhookDeliveryPage struct {
	Items      []WebhookDelivery `json:"items"`
	NextCursor string            `json:"next_cursor"` // empty on the last page
}

// Redelivery asks to have an event delivered again.
type Redelivery struct {
	ID         string      `json:"id"` // the key of the operation
	Endpoint   EndpointRef `json:"endpoint"`
	DeliveryID string      `json:"delivery_id"`
}

// WebhookEvent is what endpoints are told of.
type WebhookEvent struct {
	ID   string // the same, however often it comes
	Type string
	Time time.Time
	Body []byte // as every endpoint gets it
}

// WebhookAttempt asks for one attempt of a delivery.
type WebhookAttempt struct {
	DeliveryID string `json:"delivery_id"`
	Round      int    `json:"round"`
	// Next is how long until the next attempt, should this one come to nothing; 0: it
	// is the last.
	Next time.Duration `json:"next"`
}

// WebhookOutcome is how a delivery stands after an attempt.
type WebhookOutcome struct {
	Status WebhookDeliveryStatus `json:"status"`
	Reason string                `json:"reason,omitempty"` // why the attempt came to nothing
}

// WebhookTold is what the process that made an attempt may know of it, and integrators
// may not: Cause is why there was no answer, nil where there was one.
type WebhookTold struct {
	DeliveryID, EndpointID string
	WebhookOutcome
	Cause error
}

// WebhookWork is what the worker does for webhooks.
type WebhookWork interface {
	// QueueWebhooks makes a delivery for each endpoint that wants the event and was there,
	// give or take a few minutes, when it happened: one, however often the event comes, and
	// none of one that is older than WebhookAge. One for an endpoint that is disabled has
	// failed: nothing is lost unseen. It tells how many are new.
	QueueWebhooks(ctx context.Context, e WebhookEvent) (int, error)
	// ClaimWebhooks gives at most limit pending deliveries that are due and whose run
	// nobody has started, or that are overdue for that long, to its caller alone, who
	// starts their runs. Those that nobody has started come first; one whose run has just
	// found its endpoint busy is not overdue.
	ClaimWebhooks(ctx context.Context, overdue time.Duration, limit int) ([]WebhookDelivery, error)
	// ReleaseWebhook gives back a delivery whose run, of that round, could not be started.
	ReleaseWebhook(ctx context.Context, deliveryID string, round int) error
	// AttemptWebhook sends a pending delivery, signed with every secret that has not
	// ended, and keeps what came of it. An endpoint that answers 410 is disabled, unless
	// it has moved from there meanwhile. What is for a disabled one, or of a type that its
	// endpoint does not have any more, fails unsent: whoever moves an endpoint may know
	// what it has, and not what it had. One that is pending no more, or of another round by
	// now, is left as it is. ErrDeliveryNotFound, ErrEndpointBusy. A failure of
	// the endpoint's is no error.
	AttemptWebhook(ctx context.Context, a WebhookAttempt) (WebhookOutcome, error)
	// WaitingWebhooks counts pending deliveries, and tells for how long the oldest of those
	// that are due has been.
	WaitingWebhooks(ctx context.Context) (Waiting, error)
	// ResealSecrets seals at most limit secrets with the first key that are sealed with
	// another, and tells how many. One that no key opens is an error, and holds up no
	// other.
	ResealSecrets(ctx context.Context, limit int) (int, error)
	// ForgetWebhooks removes, at most limit of each: deliveries that ended so long ago, or
	// whose endpoint was deleted; the text of secrets that have ended; endpoints that were
	// deleted so long ago. It tells how many.
	ForgetWebhooks(ctx context.Context, age time.Duration, limit int) (int, error)
}

// WebhookMessage is a delivery as it is sent.
type WebhookMessage struct {
	URL     string
	ID      string // of the event
	Time    time.Time
	Body    []byte
	Secrets []string // that sign it, whsec_…
}

// WebhookAnswer is what came of sending. Status 0: there was no answer. Reason is empty
// where it was taken. Cause is for our own logs.
type WebhookAnswer struct {
	Status int
	Reason string
	Cause  error
}

// WebhookSender sends to addresses that strangers chose.
type WebhookSender interface {
	// Check tells why an address is never sent to: Invalid, of the field "url".
	Check(url string) error
	// Send signs a message and sends it, once. An error is a defect of ours, such as a
	// secret that is none.
	Send(ctx context.Context, m WebhookMessage) (WebhookAnswer, error)
}
