package api_test

import (
	"context"
	"time"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/notification"
)

// fakeWebhooks has one endpoint of the service's, with one delivery.
type fakeWebhooks struct {
	endpoint notification.Endpoint
	made     []notification.NewEndpoint
	rotated  []notification.Rotation
	again    []notification.Redelivery
	deleted  []int64
	filtered []notification.WebhookDeliveryFilter
	listed   []notification.EndpointFilter
	refusal  error
	meantime func() // happens once, before the next change
}

func newFakeWebhooks() *fakeWebhooks {
	return &fakeWebhooks{endpoint: notification.Endpoint{
		ID: "whe_1", Owner: "key_s", URL: "https://shop.example/", EventTypes: []string{"order.confirmed"}, Status: notification.Enabled,
		Version: 1, UpdatedAt: time.Unix(1, 0),
	}}
}

func (f *fakeWebhooks) issued() notification.Issued {
	return notification.Issued{Endpoint: f.endpoint, Secret: "whsec_secret"}
}

func (f *fakeWebhooks) CreateEndpoint(_ context.Context, n notification.NewEndpoint) (notification.Issued, bool, error) {
	f.made = append(f.made, n)
	if n.URL == "https://127.0.0.1/" {
		return notification.Issued{}, false, fault.InvalidField("url", "must lead to a public address, on a port that webhooks are sent to")
	}
	return f.issued(), true, f.refusal
}

func (f *fakeWebhooks) UpdateEndpoint(_ context.Context, c notification.EndpointChange) (notification.Endpoint, error) {
	if f.meantime != nil {
		f.meantime()
		f.meantime = nil
	}
	if c.Version != f.endpoint.Version {
		return notification.Endpoint{}, notification.ErrEndpointChanged
	}
	f.endpoint.URL, f.endpoint.Description, f.endpoint.EventTypes, f.endpoint.Status = c.URL, c.Description, c.EventTypes, c.Status
	f.endpoint.Version++
	return f.endpoint, nil
}

func (f *fakeWebhooks) GetEndpoint(_ context.Context, r notification.EndpointRef) (notification.Endpoint, error) {
	if r.ID != f.endpoint.ID || r.Owner != "" && r.Owner != f.endpoint.Owner {
		return notification.Endpoint{}, notification.ErrEndpointNotFound
	}
	return f.endpoint, nil
}

func (f *fakeWebhooks) ListEndpoints(_ context.Context, q notification.EndpointFilter) (notification.EndpointPage, error) {
	f.listed = append(f.listed, q)
	if q.Owner != "" && q.Owner != f.endpoint.Owner {
		return notification.EndpointPage{}, nil
	}
	return notification.EndpointPage{Items: []notification.Endpoint{f.endpoint}}, nil
}

func (f *fakeWebhooks) DeleteEndpoint(_ context.Context, _ notification.EndpointRef, version int64) error {
	f.deleted = append(f.deleted, version)
	return nil
}

func (f *fakeWebhooks) RotateSecret(ctx context.Context, r notification.Rotation) (notification.Issued, error) {
	f.rotated = append(f.rotated, r)
	if _, err := f.GetEndpoint(ctx, r.EndpointRef); err != nil {
		return notification.Issued{}, err
	}
	return f.issued(), f.refusal
}

func (f *fakeWebhooks) ListDeliveries(ctx context.Context, q notification.WebhookDeliveryFilter) (notification.WebhookDeliveryPage, error) {
	f.filtered = append(f.filtered, q)
	_, err := f.GetEndpoint(ctx, q.Endpoint)
	return notification.WebhookDeliveryPage{Items: []notification.WebhookDelivery{f.delivery()}, NextCursor: "more"}, err
}

func (f *fakeWebhooks) GetDelivery(ctx context.Context, r notification.WebhookDeliveryRef) (notification.WebhookDelivery, error) {
	if _, err := f.GetEndpoint(ctx, r.Endpoint); err != nil {
		return notification.WebhookDelivery{}, err
	}
	if r.ID != "whd_1" {
		return notification.WebhookDelivery{}, notification.ErrDeliveryNotFound
	}
	return f.delivery(), nil
}

func (f *fakeWebhooks) Redeliver(_ context.Context, r notification.Redelivery) (notification.WebhookDelivery, error) {
	f.again = append(f.again, r)
	return f.delivery(), f.refusal
}

func (f *fakeWebhooks) delivery() notification.WebhookDelivery {
	return notification.WebhookDelivery{
		ID: "whd_1", EndpointID: "whe_1", EventID: "ord_1/2", EventType: f.endpoint.EventTypes[0], Status: notification.WebhookPending,
		Round: 1, Attempts: 1, LastReason: notification.WebhookTimeout,
	}
}
