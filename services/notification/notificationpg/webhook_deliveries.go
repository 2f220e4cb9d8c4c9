package notificationpg

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	notificationdb "github.com/skaldhq/skald/db/notification"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/notification"
)

// clockSlack is how much the clocks of two services' databases may differ: who makes an
// endpoint may be told of what happened a little before, and misses nothing after.
const clockSlack = 5 * time.Minute

// ListDeliveries reads a page, newest first.
func (w *Webhooks) ListDeliveries(ctx context.Context, f notification.WebhookDeliveryFilter) (page notification.WebhookDeliveryPage, err error) {
	limit := min(max(f.Limit, 1), notification.MaxPage)
	cursor, err := pg.ParseCursor(f.Cursor)
	if err != nil {
		return page, err
	}
	if _, err := w.GetEndpoint(ctx, f.Endpoint); err != nil {
		return page, err
	}
	endpointID, _ := notification.EndpointIDPrefix.Parse(f.Endpoint.ID) // it was found by it
	rows, err := w.queries.ListWebhookDeliveries(ctx, notificationdb.ListWebhookDeliveriesParams{
		EndpointID: endpointID, Status: string(f.Status), BeforeAt: cursor.At, BeforeID: cursor.ID, PageLimit: int32(limit) + 1, //nolint:gosec // at most notification.MaxPage
	})
	if err != nil {
		return page, w.constraints.Translate(err)
	}
	rows, page.NextCursor = pg.Page(rows, limit, func(row notificationdb.WebhookDelivery) pg.Cursor {
		return pg.Cursor{At: row.CreatedAt, ID: row.ID}
	})
	for _, row := range rows {
		page.Items = append(page.Items, toWebhookDelivery(row))
	}
	return page, nil
}

// GetDelivery reads a delivery to an endpoint.
func (w *Webhooks) GetDelivery(ctx context.Context, r notification.WebhookDeliveryRef) (notification.WebhookDelivery, error) {
	e, err := w.GetEndpoint(ctx, r.Endpoint)
	if err != nil {
		return notification.WebhookDelivery{}, err
	}
	deliveryID, err := notification.WebhookDeliveryIDPrefix.Parse(r.ID)
	if err != nil {
		return notification.WebhookDelivery{}, notification.ErrDeliveryNotFound
	}
	row, err := w.queries.GetWebhookDelivery(ctx, deliveryID)
	if err != nil {
		return notification.WebhookDelivery{}, w.orGone(err)
	}
	d := toWebhookDelivery(row.WebhookDelivery)
	if d.EndpointID != e.ID {
		return notification.WebhookDelivery{}, notification.ErrDeliveryNotFound
	}
	return d, nil
}

// Redeliver begins another round of a delivery.
func (w *Webhooks) Redeliver(ctx context.Context, r notification.Redelivery) (again notification.WebhookDelivery, err error) {
	redelivery, err := notification.RedeliveryIDPrefix.Parse(r.ID)
	if err != nil {
		return again, fault.InvalidField("redelivery_id", err.Error())
	}
	e, err := w.GetEndpoint(ctx, r.Endpoint)
	if err != nil {
		return again, err
	}
	endpointID, _ := notification.EndpointIDPrefix.Parse(e.ID) // it is ours
	deliveryID, err := notification.WebhookDeliveryIDPrefix.Parse(r.DeliveryID)
	if err != nil {
		return again, notification.ErrDeliveryNotFound
	}
	err = w.constraints.InTx(ctx, w.pool, func(tx pgx.Tx) error {
		q := notificationdb.New(tx)
		row, err := q.LockWebhookDelivery(ctx, notificationdb.LockWebhookDeliveryParams{ID: deliveryID, EndpointID: endpointID})
		if err != nil {
			return w.orGone(err)
		}
		fresh, err := q.KeepRedelivery(ctx, notificationdb.KeepRedeliveryParams{DeliveryID: deliveryID, ID: redelivery})
		switch {
		case err != nil:
			return err
		case fresh > 0 && e.Status == notification.Disabled:
			return notification.ErrEndpointDisabled
		case fresh > 0:
			if row, err = q.RedeliverWebhook(ctx, deliveryID); err != nil {
				return err
			}
		}
		again = toWebhookDelivery(row)
		return nil
	})
	return again, err
}

// QueueWebhooks makes a delivery for each endpoint that wants the event.
func (w *Webhooks) QueueWebhooks(ctx context.Context, e notification.WebhookEvent) (int, error) {
	endpoints, err := w.queries.WebhookEndpointsFor(ctx, notificationdb.WebhookEndpointsForParams{
		EventType: e.Type, Slack: pg.Interval(clockSlack), HappenedAt: e.Time, Age: pg.Interval(notification.WebhookAge),
	})
	if err != nil || len(endpoints) == 0 {
		return 0, w.constraints.Translate(err)
	}
	ids := make([]uuid.UUID, len(endpoints))
	for i := range ids {
		ids[i] = uuid.Must(uuid.NewV7())
	}
	n, err := w.queries.QueueWebhooks(ctx, notificationdb.QueueWebhooksParams{
		EventID: e.ID, EventType: e.Type, Body: e.Body, Ids: ids, EndpointIds: endpoints, Disabled: notification.WebhookDisabled,
	})
	return int(n), w.constraints.Write(err)
}

// ClaimWebhooks gives its caller what nobody has started.
func (w *Webhooks) ClaimWebhooks(ctx context.Context, overdue time.Duration, limit int) ([]notification.WebhookDelivery, error) {
	rows, err := w.queries.ClaimWebhooks(ctx, notificationdb.ClaimWebhooksParams{Overdue: pg.Interval(overdue), Batch: int32(limit)}) //nolint:gosec // a batch
	if err != nil {
		return nil, w.constraints.Write(err)
	}
	var claimed []notification.WebhookDelivery
	for _, row := range rows {
		claimed = append(claimed, toWebhookDelivery(row))
	}
	return claimed, nil
}

// ReleaseWebhook gives back what could not be started.
func (w *Webhooks) ReleaseWebhook(ctx context.Context, deliveryID string, round int) error {
	parsed, err := notification.WebhookDeliveryIDPrefix.Parse(deliveryID)
	if err != nil {
		return notification.ErrDeliveryNotFound
	}
	return w.constraints.Write(w.queries.ReleaseWebhook(ctx, notificationdb.ReleaseWebhookParams{ID: parsed, Round: int32(round)})) //nolint:gosec // a round of ours
}

// WaitingWebhooks counts what is pending.
func (w *Webhooks) WaitingWebhooks(ctx context.Context) (notification.Waiting, error) {
	row, err := w.queries.WaitingWebhooks(ctx)
	if err != nil {
		return notification.Waiting{}, w.constraints.Translate(err)
	}
	return notification.Waiting{Count: int(row.Waiting), Oldest: pg.Seconds(row.Oldest)}, nil
}

// ForgetWebhooks removes what ended long ago, and what was of endpoints that were deleted.
func (w *Webhooks) ForgetWebhooks(ctx context.Context, age time.Duration, limit int) (int, error) {
	batch := int32(limit) //nolint:gosec // a batch
	total := 0
	for _, forget := range []func() (int64, error){
		func() (int64, error) {
			return w.queries.ForgetWebhooks(ctx, notificationdb.ForgetWebhooksParams{Age: pg.Interval(age), Batch: batch})
		},
		func() (int64, error) { return w.queries.ForgetDeletedWebhooks(ctx, batch) },
		func() (int64, error) { return w.queries.EmptyWebhookSecrets(ctx, batch) },
		func() (int64, error) {
			return w.queries.ForgetWebhookEndpoints(ctx, notificationdb.ForgetWebhookEndpointsParams{Age: pg.Interval(age), Batch: batch})
		},
	} {
		n, err := forget()
		if err != nil {
			return total, w.constraints.Write(err)
		}
		total += int(n)
	}
	return total, nil
}

func toWebhookDelivery(row notificationdb.WebhookDelivery) notification.WebhookDelivery {
	d := notification.WebhookDelivery{
		ID: notification.WebhookDeliveryIDPrefix.Format(row.ID), EndpointID: notification.EndpointIDPrefix.Format(row.EndpointID),
		EventID: row.EventID, EventType: row.EventType, Status: notification.WebhookDeliveryStatus(row.Status),
		Round: int(row.Round), Attempts: int(row.Attempts), LastReason: row.LastReason,
		LastAttemptAt: pg.UTC(row.LastAttemptAt), NextAttemptAt: pg.UTC(row.NextAttemptAt), CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}
	if row.LastStatus != nil {
		d.LastStatus = int(*row.LastStatus)
	}
	return d
}
