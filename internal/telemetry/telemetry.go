// Package telemetry is what a process measures. Nothing of it is global: each
// process has a registry of its own and passes it along.
package telemetry

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
)

// Metrics are the metrics of one process, in the Prometheus registry that its
// parts add theirs to.
type Metrics struct {
	*prometheus.Registry
	temporal client.MetricsHandler
}

// New returns the metrics of a process: at first those of Go and of the process
// itself. What cannot be measured later is told to the log.
func New(log *slog.Logger) (*Metrics, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	reader, err := exporter.New(exporter.WithRegisterer(registry), exporter.WithoutScopeInfo(), exporter.WithoutTargetInfo())
	if err != nil {
		return nil, fmt.Errorf("export metrics: %w", err)
	}
	provider := metric.NewMeterProvider(metric.WithReader(reader), metric.WithView(view))
	return &Metrics{Registry: registry, temporal: opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		Meter: provider.Meter("temporal-sdk-go"), UseMonotonicCounters: true,
		OnError: func(err error) { log.Error("metric of the Temporal SDK", "error", err) },
	})}, nil
}

// Temporal is where the Temporal SDK, and workflows by way of it, count and time.
func (m *Metrics) Temporal() client.MetricsHandler { return m.temporal }

// Handler serves the metrics in Prometheus's text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.Registry, promhttp.HandlerOpts{})
}

// view gives durations their buckets. What sagas count and time is told by what they
// say of it alone: the SDK adds the run's namespace, queue and type, and a series that
// was declared without these would not be the one that is counted.
func view(i metric.Instrument) (metric.Stream, bool) {
	s := metric.Stream{Name: i.Name, Description: i.Description, Unit: i.Unit}
	if i.Kind == metric.InstrumentKindHistogram && i.Unit == "s" {
		s.Aggregation = metric.AggregationExplicitBucketHistogram{Boundaries: seconds(), NoMinMax: true}
	}
	if strings.HasPrefix(i.Name, "skald_") {
		s.AttributeFilter = attribute.NewAllowKeysFilter("saga", "step", "kind", "outcome", "class")
	}
	return s, true
}

// seconds are the buckets of durations: what a step takes, up to what parks one.
func seconds() []float64 {
	return []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
}
