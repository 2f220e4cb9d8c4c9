package outbox

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	outboxdb "github.com/skaldhq/skald/db/outbox"
)

// The metrics of relays, each by service. Every relay of a service shows the same
// lag and the same number of waiting events.
const (
	MetricLag       = "skald_outbox_lag_seconds"
	MetricPending   = "skald_outbox_pending"
	MetricPublished = "skald_outbox_published_total"
	MetricFailures  = "skald_outbox_failures_total"
)

// Metrics are those of a process's relays.
type Metrics struct {
	lag, pending        *prometheus.GaugeVec
	published, failures *prometheus.CounterVec
}

// NewMetrics registers the metrics of a process's relays.
func NewMetrics(with prometheus.Registerer) *Metrics {
	by := []string{"service"}
	m := &Metrics{
		lag:       prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: MetricLag, Help: "How long the oldest event waits to be published."}, by),
		pending:   prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: MetricPending, Help: "Events that wait to be published."}, by),
		published: prometheus.NewCounterVec(prometheus.CounterOpts{Name: MetricPublished, Help: "Events that were published."}, by),
		failures:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: MetricFailures, Help: "Rounds in which something could not be published."}, by),
	}
	with.MustRegister(m.lag, m.pending, m.published, m.failures)
	return m
}

// Measure looks how many events wait, and for how long. It is a piece of
// housekeeping that never has more to do.
func (r *Relay) Measure(ctx context.Context) (int, error) {
	waiting, err := outboxdb.New(r.pool).Waiting(ctx)
	if err != nil {
		return 0, fmt.Errorf("measure outbox: %w", err)
	}
	r.metrics.pending.WithLabelValues(r.service).Set(float64(waiting.Pending))
	r.metrics.lag.WithLabelValues(r.service).Set(waiting.Lag)
	return 0, nil
}
