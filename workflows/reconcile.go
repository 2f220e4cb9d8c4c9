package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/services/order"
)

// ReconcileName is the registered name of the reconciler, and the id of its
// schedule.
const (
	ReconcileName       = "Reconcile"
	ReconcileScheduleID = "reconcile"
)

// ReconcileInput is what a round of the reconciler starts with.
type ReconcileInput struct {
	// Grace is how long something must have stood still to count.
	Grace time.Duration `json:"grace"`
	// Round goes on with a round that was begun; nil begins one.
	Round *Round `json:"round,omitempty"`
}

// Round is how far a round has come.
type Round struct {
	ReconcileResult
	// Since: what changed before was compared by an earlier round. Zero: all is
	// compared.
	Since time.Time `json:"since"`
	// Retry is what the last round could not start again.
	Retry []string `json:"retry,omitempty"`
	// Source and Cursor are where to go on.
	Source   int    `json:"source"`
	Cursor   string `json:"cursor,omitempty"`
	suspects []suspect
	others   []string // workflow ids of refunds and repairs of which a run was cut off
}

// ReconcileResult is what a round did. The next one begins with it.
type ReconcileResult struct {
	Began time.Time `json:"began"`
	// Swept is when a round last compared all there is.
	Swept    time.Time `json:"swept"`
	Compared int       `json:"compared"`
	Again    int       `json:"again"`    // sagas that were started again
	Found    int       `json:"found"`    // discrepancies that were new
	Resolved int       `json:"resolved"` // discrepancies that are gone
	// Left are the workflow ids of sagas that could not be started again, at most
	// mostSuspects of them: the next round looks at them first.
	Left []string `json:"left,omitempty"`
}

const (
	// sliceSize is how many orders are compared at once.
	sliceSize = 200
	// mostSuspects bounds what waits for a second look.
	mostSuspects = 200
	// mostSlices keeps a run's history short: a round goes on in another run.
	mostSlices = 20
	// secondLook is the pause before what looks wrong is compared again.
	secondLook = 3 * time.Second
	// sweepEvery is when all is compared, however long ago it changed: what was
	// restored from a backup shows up then.
	sweepEvery = 24 * time.Hour
	// roundMargin is by how much rounds overlap, for what commits late.
	roundMargin = time.Minute
)

// MetricDiscrepancies counts the discrepancies that were found, by kind, and
// MetricRunAgain the sagas that were started again; MetricRunAgainFailed counts
// how often one could not be.
const (
	MetricDiscrepancies  = "skald_discrepancies"
	MetricRunAgain       = "skald_sagas_run_again"
	MetricRunAgainFailed = "skald_sagas_run_again_failed"
)

// Reconcile compares order, inventory and payment with the runs of the sagas. It
// lets sagas that were cut off run again, and records what only an operator may
// mend.
func Reconcile(ctx workflow.Context, in ReconcileInput) (ReconcileResult, error) {
	round := in.Round
	if round == nil {
		round = beginRound(ctx, in.Grace)
	}
	all := sources()
	for slices := 0; round.Source < len(all); slices++ {
		if slices == mostSlices {
			if err := round.settle(ctx, in.Grace); err != nil {
				return ReconcileResult{}, err
			}
			return ReconcileResult{}, workflow.NewContinueAsNewError(ctx, ReconcileName, ReconcileInput{Grace: in.Grace, Round: round})
		}
		if err := round.compare(ctx, all[round.Source], in.Grace); err != nil {
			return ReconcileResult{}, err
		}
		if len(round.suspects) >= mostSuspects {
			if err := round.settle(ctx, in.Grace); err != nil {
				return ReconcileResult{}, err
			}
		}
	}
	err := round.settle(ctx, in.Grace)
	return round.ReconcileResult, err
}

// beginRound goes on from where the last round that came to its end began.
func beginRound(ctx workflow.Context, grace time.Duration) *Round {
	now := workflow.Now(ctx)
	round := &Round{ReconcileResult: ReconcileResult{Began: now, Swept: now}}
	var last ReconcileResult
	if !workflow.HasLastCompletionResult(ctx) || workflow.GetLastCompletionResult(ctx, &last) != nil {
		return round
	}
	round.Retry = last.Left
	if now.Sub(last.Swept) < sweepEvery {
		round.Swept, round.Since = last.Swept, last.Began.Add(-grace-roundMargin)
	}
	return round
}

// within is how long ago something may have changed to be compared; 0: whenever.
func (r *Round) within(ctx workflow.Context) time.Duration {
	if r.Since.IsZero() {
		return 0
	}
	return workflow.Now(ctx).Sub(r.Since)
}

// suspect is an order that did not look right.
type suspect struct {
	orderID string
	verdict Verdict
}

// compare looks at the next slice of a source, and keeps what does not look right.
func (r *Round) compare(ctx workflow.Context, from source, grace time.Duration) error {
	slice, err := from.list(ctx, r, grace)
	if err != nil {
		return err
	}
	r.Cursor = slice.next
	if slice.next == "" {
		r.Source++
	}
	r.others = append(r.others, slice.others...)
	r.Compared += len(slice.orders)
	judged, err := look(ctx, slice.orders, grace, from.runs)
	if err != nil {
		return err
	}
	for _, j := range judged {
		switch {
		case j.verdict.Later:
		case !j.verdict.Sound():
			r.suspects = append(r.suspects, suspect{orderID: j.facts.OrderID, verdict: j.verdict})
		case from.recorded:
			if err := r.resolve(ctx, order.Still{OrderID: j.facts.OrderID}); err != nil {
				return err
			}
		}
	}
	return nil
}

type judged struct {
	facts   Facts
	verdict Verdict
}

// look compares orders. Where all else agrees their runs are asked for only if
// runs says so.
func look(ctx workflow.Context, orderIDs []string, grace time.Duration, runs bool) ([]judged, error) {
	if len(orderIDs) == 0 {
		return nil, nil
	}
	facts, err := readFacts(ctx, orderIDs)
	if err != nil {
		return nil, err
	}
	all := make([]judged, len(facts))
	var asked []int
	var ids []string
	for i, f := range facts {
		all[i] = judged{facts: f, verdict: Judge(f, grace)}
		if runs || !all[i].verdict.Sound() {
			asked, ids = append(asked, i), append(ids, order.WorkflowID(f.OrderID))
		}
	}
	if len(ids) == 0 {
		return all, nil
	}
	var found []RunFacts
	if err := workflow.ExecuteLocalActivity(compare.On(ctx, "how the runs stand"), runsOf.DescribeRuns, ids).Get(ctx, &found); err != nil {
		return nil, err
	}
	for n, i := range asked {
		all[i].facts.Run = found[n]
		all[i].verdict = Judge(all[i].facts, grace)
	}
	return all, nil
}
