package notificationpg

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	notificationdb "github.com/skaldhq/skald/db/notification"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/services/notification"
)

// aliveFor is for how long it is kept that a run is alive before it is kept anew: well
// shorter than what makes one overdue, and not at every try.
const aliveFor = 5 * time.Minute

// AttemptWebhook sends a delivery once. The network is asked outside of any transaction.
func (w *Webhooks) AttemptWebhook(ctx context.Context, a notification.WebhookAttempt) (notification.WebhookOutcome, error) {
	deliveryID, err := notification.WebhookDeliveryIDPrefix.Parse(a.DeliveryID)
	if err != nil {
		return notification.WebhookOutcome{}, notification.ErrDeliveryNotFound
	}
	row, err := w.queries.GetWebhookDelivery(ctx, deliveryID)
	if err != nil {
		return notification.WebhookOutcome{}, w.orGone(err)
	}
	d, e := row.WebhookDelivery, row.WebhookEndpoint
	if d.Status != string(notification.WebhookPending) || int(d.Round) != a.Round {
		return toWebhookOutcome(d), nil
	}
	if why := whyUnsent(d, e); why != "" {
		return w.record(ctx, a, row, notification.WebhookAnswer{Reason: why}, false)
	}
	if !w.flights.begin(e) {
		if err := w.goesOn(ctx, d); err != nil {
			return notification.WebhookOutcome{}, err
		}
		return notification.WebhookOutcome{}, notification.ErrEndpointBusy
	}
	defer w.flights.end(e)
	secrets, err := w.signing(ctx, e.ID)
	if err != nil {
		return notification.WebhookOutcome{}, err
	}
	answer, err := w.sender.Send(ctx, notification.WebhookMessage{URL: e.Url, ID: d.EventID, Time: time.Now(), Body: d.Body, Secrets: secrets})
	if err != nil {
		return notification.WebhookOutcome{}, fault.New(fault.Unknown, "webhook_unsent", "The webhook could not be sent.").Because(err)
	}
	return w.record(ctx, a, row, answer, true)
}

// whyUnsent tells why a delivery is not sent; empty: it is.
func whyUnsent(d notificationdb.WebhookDelivery, e notificationdb.WebhookEndpoint) string {
	switch {
	case e.Status == string(notification.Disabled):
		return notification.WebhookDisabled
	case !slices.Contains(e.EventTypes, d.EventType):
		return notification.WebhookUnwanted
	}
	return ""
}

// goesOn keeps that the run of a delivery that finds no place is alive, so that nobody
// takes it for cut off: a dead endpoint may have thousands.
func (w *Webhooks) goesOn(ctx context.Context, d notificationdb.WebhookDelivery) error {
	return w.constraints.Write(w.queries.KeepWebhookStarted(ctx, notificationdb.KeepWebhookStartedParams{ID: d.ID, Round: d.Round, Since: pg.Interval(aliveFor)}))
}

// record keeps what came of an attempt, and tells it. sent false: the endpoint was not asked, and will
// not be.
func (w *Webhooks) record(ctx context.Context, a notification.WebhookAttempt, asked notificationdb.GetWebhookDeliveryRow, answer notification.WebhookAnswer, sent bool) (out notification.WebhookOutcome, err error) {
	p := notificationdb.RecordWebhookAttemptParams{
		ID: asked.WebhookDelivery.ID, Round: asked.WebhookDelivery.Round, LastReason: answer.Reason, Delivered: sent && answer.Reason == "",
	}
	if sent {
		p.Sent = 1
	}
	if answer.Status != 0 {
		status := int32(answer.Status) //nolint:gosec // of HTTP
		p.LastStatus = &status
	}
	err = w.constraints.InTx(ctx, w.pool, func(tx pgx.Tx) error {
		q := notificationdb.New(tx)
		gone := false
		if answer.Status == http.StatusGone {
			if gone, err = disableGone(ctx, q, asked.WebhookEndpoint); err != nil {
				return w.orGone(err)
			}
		}
		if a.Next > 0 && sent && !gone {
			p.Next = pg.Interval(a.Next)
		}
		row, err := q.RecordWebhookAttempt(ctx, p)
		if err != nil {
			return w.orGone(err)
		}
		out = toWebhookOutcome(row)
		return nil
	})
	if err != nil {
		return notification.WebhookOutcome{}, err
	}
	w.tell(ctx, notification.WebhookTold{
		DeliveryID: a.DeliveryID, EndpointID: notification.EndpointIDPrefix.Format(asked.WebhookEndpoint.ID), WebhookOutcome: out, Cause: answer.Cause,
	})
	return out, nil
}

// disableGone disables an endpoint whose URL answered that it is gone, and tells
// whether it is. One that has moved meanwhile is not: another was asked.
func disableGone(ctx context.Context, q *notificationdb.Queries, asked notificationdb.WebhookEndpoint) (bool, error) {
	now, err := q.LockWebhookEndpoint(ctx, notificationdb.LockWebhookEndpointParams{ID: asked.ID})
	if err != nil || now.Url != asked.Url {
		return false, err
	}
	return true, q.DisableWebhookEndpoint(ctx, notificationdb.DisableWebhookEndpointParams{ID: now.ID, Reason: notification.DisabledGone})
}

// orGone is a failure to find a delivery, or what that means.
func (w *Webhooks) orGone(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return notification.ErrDeliveryNotFound
	}
	return w.constraints.Translate(err)
}

func toWebhookOutcome(row notificationdb.WebhookDelivery) notification.WebhookOutcome {
	return notification.WebhookOutcome{Status: notification.WebhookDeliveryStatus(row.Status), Reason: row.LastReason}
}
