package workers

import (
	"fmt"

	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/workflows"
	"github.com/skaldhq/skald/workflows/saga"
)

// DeclareMetrics counts nothing of what sagas and the reconciler may have to count
// one day: a counter that only comes to be with its first count seems never to have
// risen, and nobody would be told of that one.
func DeclareMetrics(h client.MetricsHandler) error {
	parts, err := workflows.Parts()
	if err != nil {
		return fmt.Errorf("declare metrics: %w", err)
	}
	for name, all := range parts {
		for _, part := range all {
			of := func(step string) client.MetricsHandler {
				return h.WithTags(map[string]string{"saga": name, "step": step})
			}
			of(part.Name).Counter(saga.MetricParked).Inc(0)
			if part.Kind == saga.Compensation {
				of(part.Undoes).Counter(saga.MetricCompensations).Inc(0)
			}
		}
	}
	for _, kind := range order.DiscrepancyKinds() {
		h.WithTags(map[string]string{"kind": string(kind)}).Counter(workflows.MetricDiscrepancies).Inc(0)
	}
	h.Counter(workflows.MetricRunAgain).Inc(0)
	h.Counter(workflows.MetricRunAgainFailed).Inc(0)
	return nil
}
