package consumer

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
)

// The metrics of consumers, by consumer. Every member of a group shows the same lag,
// and the same number of dead letters.
const (
	MetricLag      = "skald_consumer_lag"
	MetricConsumed = "skald_consumer_consumed_total"
	MetricFailures = "skald_consumer_failures_total"
	MetricBuried   = "skald_consumer_dead_letters_total"
	MetricDead     = "skald_consumer_dead_letters"
)

// Metrics are those of a process's consumers.
type Metrics struct {
	lag, dead                  *prometheus.GaugeVec
	consumed, failures, buried *prometheus.CounterVec
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
	}
	with.MustRegister(m.lag, m.dead, m.consumed, m.failures, m.buried)
	return m
}

// Measure looks how many records wait, and how many are dead letters. It is a piece of
// housekeeping that never has more to do.
func (c *Consumer) Measure(ctx context.Context) (int, error) {
	dead, err := c.letters.Grave.DeadCount(ctx, c.name)
	if err != nil {
		return 0, err
	}
	c.metrics.dead.WithLabelValues(c.name).Set(float64(dead))
	lag, err := c.from.Lag(ctx)
	if err != nil {
		return 0, err
	}
	for topic, n := range lag {
		c.metrics.lag.WithLabelValues(c.name, topic).Set(float64(n))
	}
	return 0, nil
}
