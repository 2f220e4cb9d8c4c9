package workers

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/skaldhq/skald/services/order"
)

// MetricDiscrepanciesOpen is a gauge by kind: how many discrepancies wait for an
// operator. Every order worker shows the same numbers.
const MetricDiscrepanciesOpen = "skald_discrepancies_open"

// CountDiscrepancies returns the piece of housekeeping that keeps the gauge.
func CountDiscrepancies(orders order.Discrepancies, metrics prometheus.Registerer) func(context.Context) (int, error) {
	gauge := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: MetricDiscrepanciesOpen, Help: "Discrepancies that wait for an operator.",
	}, []string{"kind"})
	metrics.MustRegister(gauge)
	return func(ctx context.Context) (int, error) {
		open, err := orders.OpenDiscrepancies(ctx)
		if err != nil {
			return 0, fmt.Errorf("count discrepancies: %w", err)
		}
		for _, kind := range order.DiscrepancyKinds() {
			gauge.WithLabelValues(string(kind)).Set(float64(open[kind]))
		}
		return 0, nil
	}
}
