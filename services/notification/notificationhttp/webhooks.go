package notificationhttp

import (
	"context"

	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/services/notification"
)

// ServeWebhooks mounts what the front door asks of webhooks.
func ServeWebhooks(to *rpc.Server, w notification.Webhooks) {
	rpc.Handle(to, name, "create-endpoint", rpc.Making(w.CreateEndpoint))
	rpc.Handle(to, name, "update-endpoint", w.UpdateEndpoint)
	rpc.Handle(to, name, "get-endpoint", w.GetEndpoint)
	rpc.Handle(to, name, "list-endpoints", w.ListEndpoints)
	rpc.Handle(to, name, "delete-endpoint", rpc.Doing(func(ctx context.Context, q removal) error { return w.DeleteEndpoint(ctx, q.Endpoint, q.Version) }))
	rpc.Handle(to, name, "rotate-secret", w.RotateSecret)
	rpc.Handle(to, name, "list-deliveries", w.ListDeliveries)
	rpc.Handle(to, name, "get-delivery", w.GetDelivery)
	rpc.Handle(to, name, "redeliver", w.Redeliver)
}

type removal struct {
	Endpoint notification.EndpointRef `json:"endpoint"`
	Version  int64                    `json:"version"`
}

// Webhooks asks for webhooks over the network. It checks requests before they leave,
// because text that is not UTF-8 cannot cross.
type Webhooks struct{ *rpc.Upstream }

var _ notification.Webhooks = Webhooks{}

// NewWebhooks returns a client of the service behind an upstream that is named
// "notification".
func NewWebhooks(at *rpc.Upstream) Webhooks { return Webhooks{at} }

// CreateEndpoint makes an endpoint, or finds it.
func (c Webhooks) CreateEndpoint(ctx context.Context, n notification.NewEndpoint) (notification.Issued, bool, error) {
	if err := n.Validate(); err != nil {
		return notification.Issued{}, false, err
	}
	return rpc.Make[notification.Issued](ctx, c.Upstream, "create-endpoint", n)
}

// UpdateEndpoint replaces a version of an endpoint.
func (c Webhooks) UpdateEndpoint(ctx context.Context, change notification.EndpointChange) (notification.Endpoint, error) {
	if err := change.Validate(); err != nil {
		return notification.Endpoint{}, err
	}
	return rpc.Write[notification.Endpoint](ctx, c.Upstream, "update-endpoint", change)
}

// GetEndpoint gives an endpoint.
func (c Webhooks) GetEndpoint(ctx context.Context, r notification.EndpointRef) (notification.Endpoint, error) {
	return rpc.Read[notification.Endpoint](ctx, c.Upstream, "get-endpoint", r)
}

// ListEndpoints gives a page of endpoints.
func (c Webhooks) ListEndpoints(ctx context.Context, f notification.EndpointFilter) (notification.EndpointPage, error) {
	return rpc.Read[notification.EndpointPage](ctx, c.Upstream, "list-endpoints", f)
}

// DeleteEndpoint removes a version of an endpoint.
func (c Webhooks) DeleteEndpoint(ctx context.Context, r notification.EndpointRef, version int64) error {
	_, err := rpc.Write[struct{}](ctx, c.Upstream, "delete-endpoint", removal{Endpoint: r, Version: version})
	return err
}

// RotateSecret makes a new secret.
func (c Webhooks) RotateSecret(ctx context.Context, r notification.Rotation) (notification.Issued, error) {
	if err := r.Validate(); err != nil {
		return notification.Issued{}, err
	}
	return rpc.Write[notification.Issued](ctx, c.Upstream, "rotate-secret", r)
}

// ListDeliveries gives a page of an endpoint's deliveries.
func (c Webhooks) ListDeliveries(ctx context.Context, f notification.WebhookDeliveryFilter) (notification.WebhookDeliveryPage, error) {
	return rpc.Read[notification.WebhookDeliveryPage](ctx, c.Upstream, "list-deliveries", f)
}

// GetDelivery gives a delivery to an endpoint.
func (c Webhooks) GetDelivery(ctx context.Context, r notification.WebhookDeliveryRef) (notification.WebhookDelivery, error) {
	return rpc.Read[notification.WebhookDelivery](ctx, c.Upstream, "get-delivery", r)
}

// Redeliver has an event delivered again.
func (c Webhooks) Redeliver(ctx context.Context, r notification.Redelivery) (notification.WebhookDelivery, error) {
	return rpc.Write[notification.WebhookDelivery](ctx, c.Upstream, "redeliver", r)
}
