package workers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/skaldhq/skald/workflows"
)

// catchUp is how long a round may be late: one that was missed is the next one's
// to do.
const catchUp = 10 * time.Second

// roundDeadline ends a round that hangs, since the next one waits for it. A round
// that goes on in another run has as long again.
const roundDeadline = 30 * time.Minute

// Reconciling keeps the reconciler's schedule. Any number of processes may keep
// it: the one that started last says how often it runs.
type Reconciling struct {
	temporal        client.Client
	interval, grace time.Duration
	told            bool // the schedule that there was has been brought up to date
}

// NewReconciling returns the keeper of a schedule that compares every interval
// what has stood still for longer than the grace.
func NewReconciling(c client.Client, interval, grace time.Duration) *Reconciling {
	return &Reconciling{temporal: c, interval: interval, grace: grace}
}

// Keep makes sure that there is the schedule, and once that it is as this process
// is configured. Whether it is paused is an operator's to say, and stays. It
// tells 1 where it made it.
func (r *Reconciling) Keep(ctx context.Context) (int, error) {
	schedule := r.schedule()
	_, err := r.temporal.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: workflows.ReconcileScheduleID, Spec: *schedule.Spec, Action: schedule.Action,
		Overlap: schedule.Policy.Overlap, CatchupWindow: schedule.Policy.CatchupWindow,
	})
	if err == nil {
		r.told = true
		return 1, nil
	}
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return 0, fmt.Errorf("create schedule %s: %w", workflows.ReconcileScheduleID, err)
	}
	if r.told {
		return 0, nil
	}
	err = r.temporal.ScheduleClient().GetHandle(ctx, workflows.ReconcileScheduleID).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			schedule.State = in.Description.Schedule.State
			return &client.ScheduleUpdate{Schedule: &schedule}, nil
		},
	})
	if err != nil {
		return 0, fmt.Errorf("update schedule %s: %w", workflows.ReconcileScheduleID, err)
	}
	r.told = true
	return 0, nil
}

// schedule is what this process wants. A round that takes longer than the
// interval is waited for.
func (r *Reconciling) schedule() client.Schedule {
	return client.Schedule{
		Spec: &client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: r.interval}}},
		Action: &client.ScheduleWorkflowAction{
			ID: workflows.ReconcileScheduleID, Workflow: workflows.ReconcileName, TaskQueue: workflows.QueueOrder,
			Args:               []any{workflows.ReconcileInput{Grace: r.grace}},
			WorkflowRunTimeout: roundDeadline,
			StaticSummary:      "Compare order, inventory and payment with the sagas",
		},
		Policy: &client.SchedulePolicies{Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: catchUp},
	}
}
