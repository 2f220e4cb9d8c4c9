package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/services/notification"
	"github.com/skaldhq/skald/services/user"
)

// WebhookEndpoint is where an integrator is told of events, as clients see it.
type WebhookEndpoint struct {
	ID             string                      `json:"id" example:"whe_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Owner          string                      `json:"owner" doc:"Who made it: the id of an API key, or the subject of a token" example:"key_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	URL            string                      `json:"url" example:"https://shop.example/hooks/skald"`
	Description    string                      `json:"description" example:"Fulfilment"`
	EventTypes     []string                    `json:"event_types" nullable:"false" doc:"Sorted" example:"[\"order.confirmed\"]"`
	Status         notification.EndpointStatus `json:"status" enum:"enabled,disabled"`
	DisabledReason string                      `json:"disabled_reason,omitempty" enum:"requested,gone" doc:"Of one that is disabled: it was asked for, or it answered 410" example:"gone"`
	Version        int64                       `json:"version" example:"1"`
	CreatedAt      time.Time                   `json:"created_at"`
	UpdatedAt      time.Time                   `json:"updated_at"`
}

// IssuedWebhook is an endpoint with a secret that was just made.
type IssuedWebhook struct {
	WebhookEndpoint
	Secret string `json:"secret" doc:"Deliveries are signed with it. Shown this once" example:"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"`
}

// TransformSchema tells that it is a WebhookEndpoint, and more.
func (IssuedWebhook) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return extending[IssuedWebhook, WebhookEndpoint](r, s)
}

// NewWebhook asks for an endpoint.
type NewWebhook struct {
	URL         string   `json:"url" format:"uri" minLength:"1" maxLength:"2000" doc:"An https:// URL that leads to a public address, without user, password and fragment. Redirects are not followed" example:"https://shop.example/hooks/skald"`
	Description string   `json:"description,omitempty" maxLength:"200" doc:"What it is for, for those who run it; no personal data" example:"Fulfilment"`
	EventTypes  []string `json:"event_types" minItems:"1" maxItems:"100" nullable:"false" doc:"The types of the events that it is told of" example:"[\"order.confirmed\"]"`
}

// WebhookState is the state of an endpoint as a client sets it.
type WebhookState struct {
	URL         string   `json:"url" format:"uri" minLength:"1" maxLength:"2000" doc:"As a new endpoint's" example:"https://shop.example/hooks/skald"`
	Description string   `json:"description,omitempty" maxLength:"200" doc:"Empty where it is left out" example:"Fulfilment"`
	EventTypes  []string `json:"event_types" minItems:"1" maxItems:"100" nullable:"false" doc:"All that it is to be told of" example:"[\"order.confirmed\"]"`

	Status notification.EndpointStatus `json:"status,omitempty" enum:"enabled,disabled" doc:"While it is disabled nothing is sent: deliveries of events that are read meanwhile, and those whose next attempt is due, fail with endpoint_disabled. Once it is enabled they can be delivered again, for 30 days. Left out, it stays as it is" example:"enabled"`
}

func toWebhookEndpoint(e notification.Endpoint) WebhookEndpoint {
	return WebhookEndpoint{
		ID: e.ID, Owner: e.Owner, URL: e.URL, Description: e.Description, EventTypes: e.EventTypes,
		Status: e.Status, DisabledReason: e.Reason, Version: e.Version, CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt,
	}
}

func toIssued(i notification.Issued) IssuedWebhook {
	return IssuedWebhook{WebhookEndpoint: toWebhookEndpoint(i.Endpoint), Secret: i.Secret}
}

// WebhookEndpointPath names an endpoint.
type WebhookEndpointPath struct {
	EndpointID string `path:"endpoint_id" doc:"The endpoint's id" example:"whe_01k9m2v6y7e4p8s0t2w4x6z8ab"`
}

// ref is the endpoint as who asks may see it: operators all, services their own.
func (p WebhookEndpointPath) ref(ctx context.Context) notification.EndpointRef {
	return notification.EndpointRef{ID: p.EndpointID, Owner: ownerOf(ctx)}
}

// ownerOf is whose webhooks who asks may see; empty: everybody's.
func ownerOf(ctx context.Context) string {
	if principalOf(ctx).Role == user.RoleOperator {
		return ""
	}
	return callerOf(ctx)
}

type createWebhookEndpointInput struct {
	KeyHeader
	Body NewWebhook
}

type issuedWebhookEndpointOutput struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     IssuedWebhook
}

type rotateSecretInput struct {
	WebhookEndpointPath
	KeyHeader
}

type getWebhookEndpointInput struct {
	WebhookEndpointPath
	IfNoneMatch
}

type putWebhookEndpointInput struct {
	WebhookEndpointPath
	Preconditions
	Body WebhookState
}

type deleteWebhookEndpointInput struct {
	WebhookEndpointPath
	Preconditions
}

type webhookEndpointOutput struct {
	ETag string `header:"ETag"`
	Body WebhookEndpoint
}

type listWebhookEndpointsInput struct {
	Owner string `query:"owner" maxLength:"200" pattern:"^[!-~]+$" doc:"Those that it made only: the id of an API key, or the subject of a token. A service sees its own whatever it asks for" example:"key_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	PageQuery
}

type listWebhookEndpointsOutput struct{ Body page[WebhookEndpoint] }

const webhookEndpoints = "/v1/webhook-endpoints"

func (c Config) registerWebhookEndpoints(a huma.API) {
	const tag = "webhooks"
	create := operation("create-webhook-endpoint", http.MethodPost, webhookEndpoints, tag, servicesOnly(writeWebhooks), "Create a webhook endpoint",
		"The answer shows the secret, once. With an `Idempotency-Key`, the same request again shows the same secret, until that is replaced. What was changed since is an `idempotency_mismatch`.",
		notification.ErrEndpointsMost, notification.ErrWebhooksOff)
	create.DefaultStatus = http.StatusCreated
	huma.Register(a, create, c.createWebhookEndpoint)
	huma.Register(a, operation("list-webhook-endpoints", http.MethodGet, webhookEndpoints, tag, servicesOnly(readWebhooks), "List webhook endpoints",
		"Newest first. A service sees those that it made, an operator all, or those of one `owner`."), c.listWebhookEndpoints)
	huma.Register(a, operation("get-webhook-endpoint", http.MethodGet, webhookEndpoints+"/{endpoint_id}", tag, servicesOnly(readWebhooks), "Get a webhook endpoint",
		"Without its secrets.", notification.ErrEndpointNotFound), c.getWebhookEndpoint)
	huma.Register(a, operation("put-webhook-endpoint", http.MethodPut, webhookEndpoints+"/{endpoint_id}", tag, servicesOnly(writeWebhooks), "Replace a webhook endpoint",
		"Its secrets stay. "+seenFirst, notification.ErrEndpointNotFound), c.putWebhookEndpoint)
	huma.Register(a, operation("delete-webhook-endpoint", http.MethodDelete, webhookEndpoints+"/{endpoint_id}", tag, servicesOnly(writeWebhooks), "Delete a webhook endpoint",
		"With its secrets and deliveries; none of them is tried any more.", notification.ErrEndpointNotFound), c.deleteWebhookEndpoint)
	rotate := operation("rotate-webhook-secret", http.MethodPost, webhookEndpoints+"/{endpoint_id}/secrets", tag, servicesOnly(writeWebhooks), "Replace a webhook secret",
		"The answer shows the new one, once. The one before signs along with it for 24 hours. With an `Idempotency-Key`, the same request again shows the same secret.",
		notification.ErrEndpointNotFound, notification.ErrSecretsMost, notification.ErrWebhooksOff)
	rotate.DefaultStatus = http.StatusCreated
	huma.Register(a, rotate, c.rotateWebhookSecret)
	c.registerWebhookDeliveries(a, tag)
}

func (c Config) createWebhookEndpoint(ctx context.Context, in *createWebhookEndpointInput) (*issuedWebhookEndpointOutput, error) {
	if err := mayBeTold(ctx, in.Body.EventTypes, nil); err != nil {
		return nil, err
	}
	issued, _, err := c.Webhooks.CreateEndpoint(ctx, notification.NewEndpoint{
		ID: in.newID(ctx, notification.EndpointIDPrefix, "create-webhook-endpoint"), Owner: callerOf(ctx),
		EndpointState: notification.EndpointState(in.Body),
	})
	return issuedAnswer(ctx, issued, err)
}

func (c Config) rotateWebhookSecret(ctx context.Context, in *rotateSecretInput) (*issuedWebhookEndpointOutput, error) {
	issued, err := c.Webhooks.RotateSecret(ctx, notification.Rotation{
		EndpointRef: in.ref(ctx), SecretID: in.newID(ctx, notification.SecretIDPrefix, "rotate-webhook-secret/"+in.EndpointID),
	})
	return issuedAnswer(ctx, issued, err)
}

func issuedAnswer(ctx context.Context, i notification.Issued, err error) (*issuedWebhookEndpointOutput, error) {
	if errors.Is(err, notification.ErrEndpointMismatch) {
		return nil, keyReused(ctx)
	}
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &issuedWebhookEndpointOutput{Location: webhookEndpoints + "/" + i.Endpoint.ID, ETag: endpointTag(i.Endpoint), Body: toIssued(i)}, nil
}

func (c Config) listWebhookEndpoints(ctx context.Context, in *listWebhookEndpointsInput) (*listWebhookEndpointsOutput, error) {
	found, err := c.Webhooks.ListEndpoints(ctx, notification.EndpointFilter{Owner: cmp.Or(ownerOf(ctx), in.Owner), Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &listWebhookEndpointsOutput{Body: newPage(found.Items, toWebhookEndpoint, found.NextCursor)}, nil
}

func (c Config) getWebhookEndpoint(ctx context.Context, in *getWebhookEndpointInput) (*webhookEndpointOutput, error) {
	e, err := c.Webhooks.GetEndpoint(ctx, in.ref(ctx))
	if err != nil {
		return nil, problem(ctx, err)
	}
	out := endpointAnswer(e)
	return out, in.unchanged(out.ETag)
}

func (c Config) putWebhookEndpoint(ctx context.Context, in *putWebhookEndpointInput) (*webhookEndpointOutput, error) {
	return twice(ctx, notification.ErrEndpointChanged, in, c.tryPutWebhookEndpoint)
}

// tryPutWebhookEndpoint replaces the state of an endpoint. ErrEndpointChanged: it is
// another by now.
func (c Config) tryPutWebhookEndpoint(ctx context.Context, in *putWebhookEndpointInput) (*webhookEndpointOutput, error) {
	was, err := c.Webhooks.GetEndpoint(ctx, in.ref(ctx))
	if err != nil {
		return nil, problem(ctx, err)
	}
	change := notification.EndpointChange{
		EndpointRef: in.ref(ctx), EndpointState: notification.EndpointState{URL: in.Body.URL, Description: in.Body.Description, EventTypes: in.Body.EventTypes},
		Status: cmp.Or(in.Body.Status, was.Status), Version: was.Version,
	}
	same := change.Describes(was) && change.Status == was.Status
	if err := in.check(ctx, endpointTag(was), same); err != nil {
		return nil, err
	}
	if same {
		return endpointAnswer(was), nil
	}
	if err := mayBeTold(ctx, in.Body.EventTypes, goesOn(was, change)); err != nil {
		return nil, err
	}
	e, err := c.Webhooks.UpdateEndpoint(ctx, change)
	if errors.Is(err, notification.ErrEndpointChanged) {
		return nil, err
	}
	if err != nil {
		return nil, problem(ctx, err)
	}
	return endpointAnswer(e), nil
}

// goesOn is what a change leaves told to whom it is told now. One that moves an
// endpoint, or enables it, has it told anew: whoever makes it must be let know all of it.
func goesOn(was notification.Endpoint, c notification.EndpointChange) []string {
	if c.URL != was.URL || c.Status == notification.Enabled && was.Status == notification.Disabled {
		return nil
	}
	return was.EventTypes
}

func (c Config) deleteWebhookEndpoint(ctx context.Context, in *deleteWebhookEndpointInput) (*struct{}, error) {
	was, err := c.Webhooks.GetEndpoint(ctx, in.ref(ctx))
	if err != nil {
		return nil, problem(ctx, err)
	}
	if err := in.check(ctx, endpointTag(was), true); err != nil {
		return nil, err
	}
	err = c.Webhooks.DeleteEndpoint(ctx, in.ref(ctx), in.version(was.Version))
	if errors.Is(err, notification.ErrEndpointChanged) {
		return nil, errPrecondition.problem(ctx)
	}
	return nil, problem(ctx, err)
}

// endpointTag names the state of an endpoint.
func endpointTag(e notification.Endpoint) string { return etag(e.Version, e.UpdatedAt, "") }

func endpointAnswer(e notification.Endpoint) *webhookEndpointOutput {
	return &webhookEndpointOutput{ETag: endpointTag(e), Body: toWebhookEndpoint(e)}
}
