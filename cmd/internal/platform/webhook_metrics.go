package platform

import (
	"context"
	"log/slog"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/notification"
)

// The metrics of webhooks.
const (
	metricWebhooks        = "skald_webhooks_total"
	metricWebhooksWaiting = "skald_webhooks_waiting"
	metricWebhooksOldest  = "skald_webhooks_oldest_seconds"
)

// tellWebhooks counts attempts, and logs those that came to nothing: what stands behind
// them integrators never learn.
func (p *Platform) tellWebhooks() func(context.Context, notification.WebhookTold) {
	by := prometheus.NewCounterVec(prometheus.CounterOpts{Name: metricWebhooks, Help: "Attempts to deliver webhooks, how the delivery stands after, and why the attempt came to nothing."}, []string{"status", "reason"})
	p.metrics.MustRegister(by)
	by.WithLabelValues(string(notification.WebhookDelivered), "") // a rate knows nothing of what has only just begun to be
	for _, reason := range []string{notification.WebhookTimeout, notification.WebhookUnreachable, notification.WebhookTLSFailed, notification.WebhookAddressRefused} {
		by.WithLabelValues(string(notification.WebhookPending), reason)
	}
	return func(ctx context.Context, t notification.WebhookTold) {
		by.WithLabelValues(string(t.Status), reasonClass(t.Reason)).Inc()
		if t.Reason == "" {
			return
		}
		attrs := []slog.Attr{
			slog.String("delivery_id", t.DeliveryID), slog.String("endpoint_id", t.EndpointID), slog.String("status", string(t.Status)), slog.String("reason", t.Reason),
		}
		if t.Cause != nil {
			attrs = append(attrs, fault.Attrs(fault.New(fault.Unavailable, t.Reason, "The webhook was not taken.").Because(t.Cause))...)
		}
		p.log.LogAttrs(ctx, slog.LevelInfo, "webhook not taken", attrs...)
	}
}

// reasonClass makes few reasons of many: strangers choose the status that they answer
// with.
func reasonClass(reason string) string {
	if status, ok := strings.CutPrefix(reason, "http_"); ok {
		return "http_" + status[:1] + "xx"
	}
	return reason
}

// countWebhooks measures what waits.
func (p *Platform) countWebhooks() func(context.Context) (int, error) {
	return p.gauged(
		prometheus.GaugeOpts{Name: metricWebhooksWaiting, Help: "Deliveries of webhooks that are pending."},
		prometheus.GaugeOpts{Name: metricWebhooksOldest, Help: "For how long the oldest attempt to deliver a webhook has been due."},
		p.webhooks.WaitingWebhooks,
	)
}

// gauged registers gauges of what waits, and gives what sets them. What cannot be
// measured stays as it was: a calm that nobody has seen is none.
func (p *Platform) gauged(waiting, oldest prometheus.GaugeOpts, ask func(context.Context) (notification.Waiting, error)) func(context.Context) (int, error) {
	many, long := prometheus.NewGauge(waiting), prometheus.NewGauge(oldest)
	p.metrics.MustRegister(many, long)
	return func(ctx context.Context) (int, error) {
		w, err := ask(ctx)
		if err != nil {
			return 0, err
		}
		many.Set(float64(w.Count))
		long.Set(w.Oldest.Seconds())
		return 0, nil
	}
}
