package workers

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/workflows"
)

// MetricLastRound is a gauge: when a round of the reconciler last came to its
// end, in seconds since 1970; 0 while none has. Every order worker shows the same.
const MetricLastRound = "skald_reconcile_last_round_timestamp_seconds"

// WatchRounds returns the piece of housekeeping that keeps the gauge. It asks
// Temporal, so that it tells of a reconciler that has stopped, too.
func WatchRounds(c client.Client, namespace string, metrics prometheus.Registerer) func(context.Context) (int, error) {
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: MetricLastRound, Help: "When a round of the reconciler last came to its end."})
	metrics.MustRegister(gauge)
	return func(ctx context.Context) (int, error) {
		found, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: namespace, PageSize: 1, // newest first
			Query: fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Completed'", workflows.ReconcileName),
		})
		if err != nil {
			return 0, fmt.Errorf("list rounds of the reconciler: %w", err)
		}
		for _, round := range found.Executions {
			gauge.Set(float64(round.GetCloseTime().AsTime().UnixMilli()) / 1000)
		}
		return 0, nil
	}
}
