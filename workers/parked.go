package workers

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/workflows/saga"
)

// MetricParkedNow is a gauge: how many sagas wait for an operator. Every order
// worker shows the same number.
const MetricParkedNow = "skald_sagas_parked"

// CountParked returns the piece of housekeeping that keeps the gauge. A saga that
// somebody terminated while it was parked waits for nobody.
func CountParked(c client.Client, namespace string, metrics prometheus.Registerer) func(context.Context) (int, error) {
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: MetricParkedNow, Help: "Sagas that wait for an operator."})
	metrics.MustRegister(gauge)
	return func(ctx context.Context) (int, error) {
		found, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: namespace,
			Query:     fmt.Sprintf("%s = '%s' AND ExecutionStatus = 'Running'", saga.AttrState.GetName(), saga.Parked),
		})
		if err != nil {
			return 0, fmt.Errorf("count parked sagas: %w", err)
		}
		gauge.Set(float64(found.GetCount()))
		return 0, nil
	}
}
