package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/services/order"
)

// settle looks a second time at what did not look right, and acts on what still
// looks the same: sagas run again, the rest is recorded.
func (r *Round) settle(ctx workflow.Context, grace time.Duration) error {
	suspects, others := r.suspects, r.others
	r.suspects, r.others = nil, nil
	if len(suspects)+len(others) == 0 {
		return nil
	}
	if err := workflow.NewTimerWithOptions(ctx, secondLook, workflow.TimerOptions{Summary: "second look"}).Get(ctx, nil); err != nil {
		return err
	}
	again, err := cutOthers(ctx, others, grace)
	if err != nil {
		return err
	}
	before := map[string]Verdict{}
	var ids []string
	for _, s := range suspects {
		if _, twice := before[s.orderID]; !twice { // more than one source may have named it
			ids = append(ids, s.orderID)
		}
		before[s.orderID] = s.verdict
	}
	for part := range slices.Chunk(ids, sliceSize) {
		judged, err := look(ctx, part, grace, true)
		if err != nil {
			return err
		}
		for _, j := range judged {
			first := before[j.facts.OrderID]
			switch {
			case j.verdict.Again && first.Again:
				again = append(again, order.WorkflowID(j.facts.OrderID))
			case len(j.verdict.Kinds) > 0 && slices.Equal(j.verdict.Kinds, first.Kinds):
				if err := r.record(ctx, j); err != nil {
					return err
				}
			}
		}
	}
	r.runAgain(ctx, again)
	return nil
}

// cutOthers gives the sagas of refunds and repairs whose newest run was cut off.
func cutOthers(ctx workflow.Context, workflowIDs []string, grace time.Duration) (cut []string, err error) {
	slices.Sort(workflowIDs)
	for ids := range slices.Chunk(slices.Compact(workflowIDs), sliceSize) {
		var found []RunFacts
		if err := workflow.ExecuteLocalActivity(compare.On(ctx, "how the runs of refunds and repairs stand"), runsOf.DescribeRuns, ids).Get(ctx, &found); err != nil {
			return nil, err
		}
		for i, run := range found {
			if run.State == RunCut && run.Closed >= grace {
				cut = append(cut, ids[i])
			}
		}
	}
	return cut, nil
}

// runAgain starts sagas again. What cannot be started ends no round: the next one
// tries it again.
func (r *Round) runAgain(ctx workflow.Context, workflowIDs []string) {
	log, metrics := workflow.GetLogger(ctx), workflow.GetMetricsHandler(ctx)
	for ids := range slices.Chunk(workflowIDs, sliceSize) {
		var done Restarts
		if err := workflow.ExecuteLocalActivity(compare.On(ctx, "sagas that were cut off run again"), runsOf.RunAgain, ids).Get(ctx, &done); err != nil {
			done = Restarts{Failed: ids}
		}
		r.Again += done.Started
		if done.Started > 0 {
			log.Warn("sagas run again", "count", done.Started, "workflows", ids)
			metrics.Counter(MetricRunAgain).Inc(int64(done.Started))
		}
		if n := len(done.Failed); n > 0 {
			log.Error("sagas cannot run again", "count", n, "workflows", done.Failed)
			metrics.Counter(MetricRunAgainFailed).Inc(int64(n))
			r.Left = append(r.Left, done.Failed[:min(n, mostSuspects-len(r.Left))]...)
		}
	}
}

// record keeps what only an operator may mend, and tells of what is new.
func (r *Round) record(ctx workflow.Context, j judged) error {
	still := order.Still{OrderID: j.facts.OrderID, Kinds: j.verdict.Kinds}
	for _, kind := range j.verdict.Kinds {
		var fresh bool
		finding := order.Finding{Kind: kind, OrderID: j.facts.OrderID, Detail: j.facts.String()}
		if err := workflow.ExecuteLocalActivity(compare.On(ctx, "record the discrepancy"), orders.RecordDiscrepancy, finding).Get(ctx, &fresh); err != nil {
			return err
		}
		if fresh {
			r.Found++
			workflow.GetLogger(ctx).Error("discrepancy", "kind", kind, "order", finding.OrderID, "detail", finding.Detail)
			workflow.GetMetricsHandler(ctx).WithTags(map[string]string{"kind": string(kind)}).Counter(MetricDiscrepancies).Inc(1)
		}
	}
	return r.resolve(ctx, still)
}

// resolve resolves what is not there any more of an order's discrepancies.
func (r *Round) resolve(ctx workflow.Context, still order.Still) error {
	var n int
	if err := workflow.ExecuteLocalActivity(compare.On(ctx, "discrepancies that are gone"), orders.ResolveDiscrepancies, still).Get(ctx, &n); err != nil {
		return err
	}
	r.Resolved += n
	return nil
}
