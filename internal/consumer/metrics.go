package consumer

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/skaldhq/skald/internal/event"
)

// The metrics of consumers, by consumer. Every member of a group shows the same lag,
// and the same number of dead letters.
const (
	MetricLag      = "skald_consumer_lag"
	MetricConsumed = "skald_consumer_consumed_total"
	MetricFailures = "skald_consumer_failures_total"
	MetricBuried   = "skald_consumer_dead_letters_total"
	MetricDead     = "skald_consumer_dead_letters"
	// MetricUnpublished counts dead letters that their topic does not take.
	MetricUnpublished = "skald_consumer_dead_letters_unpublished_total"
)

// Metrics are those of a process's consumers.
type Metrics struct {
	lag, dead                               *prometheus.GaugeVec
	consumed, failures, buried, unpublished *prometheus.CounterVec
}

// NewMetrics registers the metrics of a process's consumers.
func NewMetrics(with prometheus.Registerer) *Metrics {
	gauge := func(name, help string, by ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, append([]string{"consumer"}, by...))
	}
	counter := func(name, help string, by ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, append([]string{"consumer"}, by...))
	}
	m := &Metrics{
		lag:      gauge(MetricLag, "Records that were not dealt with yet.", "topic"),
		dead:     gauge(MetricDead, "Dead letters that have not had their effect."),
		consumed: counter(MetricConsumed, "Events that were dealt with, and whether they had an effect.", "type", "outcome"),
		failures: counter(MetricFailures, "Tries that failed and were made again."),
		buried:   counter(MetricBuried, "Records that became dead letters.", "code"),

		unpublished: counter(MetricUnpublished, "Dead letters that their topic does not take: they are in the table alone."),
	}
	with.MustRegister(m.lag, m.dead, m.consumed, m.failures, m.buried, m.unpublished)
	return m
}

// otherType stands for all types that nobody tells: anybody can write those, and each
// would be a series of its own.
const otherType = "other"

// dealt counts an event.
func (m *Metrics) dealt(consumer string, of event.Type, fresh bool) {
	label, outcome := otherType, "none"
	if of.Known() {
		label = string(of)
	}
	if fresh {
		outcome = "effect"
	}
	m.consumed.WithLabelValues(consumer, label, outcome).Inc()
}

// Measure looks how many records wait, and how many are dead letters; what cannot be
// measured stays as it was, and holds up nothing else. It is a piece of housekeeping
// that never has more to do.
func (c *Consumer) Measure(ctx context.Context) (int, error) {
	dead, buriedErr := c.letters.Grave.DeadCount(ctx, c.name)
	if buriedErr == nil {
		c.metrics.dead.WithLabelValues(c.name).Set(float64(dead))
	}
	lag, lagErr := c.from.Lag(ctx)
	for topic, n := range lag {
		c.metrics.lag.WithLabelValues(c.name, topic).Set(float64(n))
	}
	return 0, errors.Join(buriedErr, lagErr)
}
