package notification

import (
	"context"
	"time"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/id"
)

// The prefixes of the ids of webhooks.
const (
	EndpointIDPrefix        id.Prefix = "whe"
	SecretIDPrefix          id.Prefix = "whs"
	WebhookDeliveryIDPrefix id.Prefix = "whd"
	RedeliveryIDPrefix      id.Prefix = "whr"
)

// SecretOverlap is how long the secret before a rotation signs along with the new one.
const SecretOverlap = 24 * time.Hour

// MostSecrets is how many secrets of an endpoint sign at a time, at most.
const MostSecrets = 5

// MostEndpoints is how many endpoints an owner has, at most.
const MostEndpoints = 50

// EndpointStatus tells whether deliveries to an endpoint are sent. It is looked at when
// an event is read, and when an attempt is made.
type EndpointStatus string

// The statuses of an endpoint.
const (
	Enabled  EndpointStatus = "enabled"
	Disabled EndpointStatus = "disabled" // deliveries fail, and can be asked for once it is enabled
)

// Why an endpoint is disabled.
const (
	DisabledByRequest = "requested"
	DisabledGone      = "gone" // it answered 410
)

// Endpoint is where an integrator wants to be told of events.
type Endpoint struct {
	ID          string         `json:"id"`
	Owner       string         `json:"owner"` // who made it
	URL         string         `json:"url"`
	Description string         `json:"description"`
	EventTypes  []string       `json:"event_types"` // sorted
	Status      EndpointStatus `json:"status"`
	Reason      string         `json:"reason,omitempty"` // of one that is disabled: why
	Version     int64          `json:"version"`
	CreatedAt   time.Time      `json:"created_at"`
	UpdatedAt   time.Time      `json:"updated_at"`
}

// EndpointRef names an endpoint as somebody may see it.
type EndpointRef struct {
	ID    string `json:"id"`
	Owner string `json:"owner,omitempty"` // whose it must be; empty: anybody's
}

// Issued is an endpoint and a secret of its own, in the form of Standard Webhooks
// (whsec_ and base64). It is shown to nobody else.
type Issued struct {
	Endpoint Endpoint `json:"endpoint"`
	Secret   string   `json:"secret"`
}

// EndpointFilter narrows a list; empty fields do not.
type EndpointFilter struct {
	Owner  string `json:"owner,omitempty"`
	Limit  int    `json:"limit"` // 1 to MaxPage; what lies outside counts as the nearer of them
	Cursor string `json:"cursor,omitempty"`
}

// EndpointPage is a page of endpoints, newest first.
type EndpointPage struct {
	Items      []Endpoint `json:"items"`
	NextCursor string     `json:"next_cursor"` // empty on the last page
}

// The definite answers about webhooks.
var (
	ErrEndpointNotFound = fault.New(fault.NotFound, "webhook_endpoint_not_found", "No such webhook endpoint.")
	// ErrEndpointChanged: it is not of the version that the change is bound to.
	ErrEndpointChanged = fault.New(fault.Conflict, "webhook_endpoint_changed", "The webhook endpoint was changed meanwhile.")
	// ErrEndpointMismatch: the same endpoint, or secret, was asked for with other data
	// before, or was deleted, or its secret has ended.
	ErrEndpointMismatch = fault.New(fault.Conflict, "idempotency_mismatch", "The webhook endpoint was made with other data before.")
	// ErrEndpointsMost: the owner has as many as there may be.
	ErrEndpointsMost = fault.New(fault.Conflict, "webhook_endpoints_most", "You have as many webhook endpoints as there may be. Delete one first.")
	// ErrEndpointDisabled: nothing is delivered to it.
	ErrEndpointDisabled = fault.New(fault.Conflict, "webhook_endpoint_disabled", "The webhook endpoint is disabled. Enable it first.")
	// ErrSecretsMost: as many secrets sign as can.
	ErrSecretsMost = fault.New(fault.Conflict, "webhook_secrets_most", "Too many secrets of the webhook endpoint were replaced lately. Wait until one of them has ended.")
	// ErrDeliveryNotFound also tells that its endpoint was deleted.
	ErrDeliveryNotFound = fault.New(fault.NotFound, "webhook_delivery_not_found", "No such delivery to this webhook endpoint.")
	// ErrEndpointBusy: as many deliveries as can be are on their way to it, or to its
	// owner's.
	ErrEndpointBusy = fault.New(fault.Unavailable, "webhook_endpoint_busy", "As many deliveries as can be are on their way to the webhook endpoint, or to its owner's.")
	// ErrWebhooksOff: there is no key to keep secrets with.
	ErrWebhooksOff = fault.New(fault.Conflict, "webhooks_off", "This platform sends no webhooks: give its notification service a key for their secrets.")
)

// Webhooks is what integrators see and do. What is another's answers as what does not
// exist.
type Webhooks interface {
	// CreateEndpoint makes an endpoint and its first secret, or finds those that the
	// same request made before. ErrEndpointMismatch, ErrEndpointsMost, ErrWebhooksOff;
	// Invalid: see NewEndpoint.Validate, and for a type that nothing tells of or a URL
	// that is never asked.
	CreateEndpoint(ctx context.Context, n NewEndpoint) (issued Issued, created bool, err error)
	// UpdateEndpoint replaces a version of an endpoint. ErrEndpointNotFound,
	// ErrEndpointChanged; Invalid as CreateEndpoint, but for a type and a URL that it has.
	UpdateEndpoint(ctx context.Context, c EndpointChange) (Endpoint, error)
	// GetEndpoint: ErrEndpointNotFound.
	GetEndpoint(ctx context.Context, r EndpointRef) (Endpoint, error)
	// ListEndpoints gives a page, newest first. Invalid for a cursor that is none.
	ListEndpoints(ctx context.Context, f EndpointFilter) (EndpointPage, error)
	// DeleteEndpoint ends a version of an endpoint, with its secrets and deliveries:
	// nobody sees them any more, and they are removed later. Version 0: any.
	// ErrEndpointNotFound, ErrEndpointChanged.
	DeleteEndpoint(ctx context.Context, r EndpointRef, version int64) error
	// RotateSecret makes a new secret, once for its id; the one before signs along with
	// it for SecretOverlap. ErrEndpointNotFound, ErrEndpointMismatch, ErrSecretsMost,
	// ErrWebhooksOff.
	RotateSecret(ctx context.Context, r Rotation) (Issued, error)
	// ListDeliveries gives a page of an endpoint's deliveries, newest first.
	// ErrEndpointNotFound; Invalid for a cursor that is none.
	ListDeliveries(ctx context.Context, f WebhookDeliveryFilter) (WebhookDeliveryPage, error)
	// GetDelivery: ErrEndpointNotFound, ErrDeliveryNotFound.
	GetDelivery(ctx context.Context, r WebhookDeliveryRef) (WebhookDelivery, error)
	// Redeliver has an event delivered again, whatever came of it before, once for a
	// redelivery's id. ErrEndpointNotFound, ErrDeliveryNotFound; ErrEndpointDisabled, but
	// not for one that has had its effect.
	Redeliver(ctx context.Context, r Redelivery) (WebhookDelivery, error)
}
