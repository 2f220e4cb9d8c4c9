package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/services/notification"
)

// WebhookDelivery is an event for an endpoint, as clients see it.
type WebhookDelivery struct {
	ID            string                             `json:"id" example:"whd_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	EndpointID    string                             `json:"endpoint_id" example:"whe_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	EventID       string                             `json:"event_id" doc:"The event's, and the header webhook-id" example:"order/ord_01k9m2v6y7e4p8s0t2w4x6z8ab/2"`
	EventType     string                             `json:"event_type" example:"order.confirmed"`
	Status        notification.WebhookDeliveryStatus `json:"status" enum:"pending,delivered,failed"`
	Attempts      int                                `json:"attempts" doc:"How often it was sent" example:"2"`
	LastStatus    *int                               `json:"last_status" doc:"The HTTP status of the last answer; null: there was none" example:"500"`
	LastReason    string                             `json:"last_reason,omitempty" doc:"Why the last attempt came to nothing: http_ and the status, timeout, unreachable, tls_failed, refused_address, endpoint_disabled, event_type_removed" example:"http_500"`
	LastAttemptAt *time.Time                         `json:"last_attempt_at" doc:"Null: it was not tried yet"`
	NextAttemptAt *time.Time                         `json:"next_attempt_at" doc:"Null: it has ended"`
	WorkflowID    string                             `json:"workflow_id" doc:"Its run, in the Temporal Web UI" example:"webhook/whd_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	CreatedAt     time.Time                          `json:"created_at"`
	UpdatedAt     time.Time                          `json:"updated_at"`
}

func toWebhookDelivery(d notification.WebhookDelivery) WebhookDelivery {
	out := WebhookDelivery{
		ID: d.ID, EndpointID: d.EndpointID, EventID: d.EventID, EventType: d.EventType, Status: d.Status, Attempts: d.Attempts, LastReason: d.LastReason,
		LastAttemptAt: d.LastAttemptAt, NextAttemptAt: d.NextAttemptAt, WorkflowID: notification.WebhookWorkflowID(d.ID), CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt,
	}
	if d.LastStatus != 0 {
		out.LastStatus = &d.LastStatus
	}
	return out
}

type listWebhookDeliveriesInput struct {
	WebhookEndpointPath
	Status notification.WebhookDeliveryStatus `query:"status" enum:"pending,delivered,failed" doc:"Those that stand so only" example:"failed"`
	PageQuery
}

type listWebhookDeliveriesOutput struct{ Body page[WebhookDelivery] }

type redeliverInput struct {
	WebhookEndpointPath
	DeliveryID string `path:"delivery_id" doc:"The delivery's id" example:"whd_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	KeyHeader
}

type redeliverOutput struct{ Body WebhookDelivery }

func (c Config) registerWebhookDeliveries(a huma.API, tag string) {
	huma.Register(a, operation("list-webhook-deliveries", http.MethodGet, webhookEndpoints+"/{endpoint_id}/deliveries", tag, servicesOnly(readWebhooks), "List a webhook endpoint's deliveries",
		"Newest first; those that ended for 30 days.", notification.ErrEndpointNotFound), c.listWebhookDeliveries)
	again := operation("redeliver-webhook", http.MethodPost, webhookEndpoints+"/{endpoint_id}/deliveries/{delivery_id}/redeliveries", tag, servicesOnly(writeWebhooks), "Deliver a webhook again",
		"Whatever came of it before: all its attempts begin anew, the first at once. Who asks must be allowed to read what the event is about. With an `Idempotency-Key`, the same request again begins nothing.",
		notification.ErrEndpointNotFound, notification.ErrDeliveryNotFound, notification.ErrEndpointDisabled)
	again.DefaultStatus = http.StatusAccepted
	huma.Register(a, again, c.redeliverWebhook)
}

func (c Config) listWebhookDeliveries(ctx context.Context, in *listWebhookDeliveriesInput) (*listWebhookDeliveriesOutput, error) {
	found, err := c.Webhooks.ListDeliveries(ctx, notification.WebhookDeliveryFilter{Endpoint: in.ref(ctx), Status: in.Status, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &listWebhookDeliveriesOutput{Body: newPage(found.Items, toWebhookDelivery, found.NextCursor)}, nil
}

// redeliverWebhook begins another round, which cannot be lost then: a dispatcher starts
// it. Nobody has told again what they may not read.
func (c Config) redeliverWebhook(ctx context.Context, in *redeliverInput) (*redeliverOutput, error) {
	d, err := c.Webhooks.GetDelivery(ctx, notification.WebhookDeliveryRef{Endpoint: in.ref(ctx), ID: in.DeliveryID})
	if err != nil {
		return nil, problem(ctx, err)
	}
	if needs := lackedFor(ctx, d.EventType); needs != "" {
		return nil, notToBeTold(ctx, "delivery_id", needs)
	}
	d, err = c.Webhooks.Redeliver(ctx, notification.Redelivery{
		ID: in.newID(ctx, notification.RedeliveryIDPrefix, "redeliver-webhook/"+in.DeliveryID), Endpoint: in.ref(ctx), DeliveryID: in.DeliveryID,
	})
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &redeliverOutput{Body: toWebhookDelivery(d)}, nil
}
