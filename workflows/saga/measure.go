package saga

import "go.temporal.io/sdk/workflow"

// The metrics of sagas, which the SDK's handler counts once however often a run is
// replayed.
const (
	// MetricDuration times the runs that have ended, by saga, outcome (completed or
	// compensated) and class of the failure, empty where there is none.
	MetricDuration = "skald_saga_duration"
	// MetricCompensations counts the compensations that were done, by saga and step.
	MetricCompensations = "skald_saga_compensations"
	// MetricParked counts the actions that were parked, by saga and step.
	MetricParked = "skald_saga_parked"
)

// measure tells how long the run took and how it ended.
func (r *Run[S]) measure(ctx workflow.Context, outcome State, class Class) {
	took := workflow.Now(ctx).Sub(workflow.GetInfo(ctx).WorkflowStartTime)
	workflow.GetMetricsHandler(ctx).WithTags(map[string]string{"saga": r.def.Name, "outcome": string(outcome), "class": string(class)}).
		Timer(MetricDuration).Record(took)
}

// count counts what became of a step.
func (r *Run[S]) count(ctx workflow.Context, metric, step string) {
	workflow.GetMetricsHandler(ctx).WithTags(map[string]string{"saga": r.def.Name, "step": step}).Counter(metric).Inc(1)
}
