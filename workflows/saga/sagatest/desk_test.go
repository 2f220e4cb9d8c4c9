package sagatest

import (
	"errors"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/workflows/saga"
)

// desk is where an operator decides on what a trip is parked at.
type desk struct {
	parked   string
	attempts int
	decided  saga.Decision
	patience time.Duration
}

// open takes questions and decisions.
func (d *desk) open(tr *trip) {
	if tr.flaw == noStatus {
		return
	}
	failed := errors.Join(
		workflow.SetQueryHandler(tr.ctx, saga.QueryStatus, func() (saga.Status, error) {
			s := saga.Status{State: saga.Running}
			if d.parked != "" && tr.flaw != silentParking {
				s.State, s.Parked = saga.Parked, []saga.ParkedStatus{{Step: d.parked, Attempts: d.attempts, Decisions: d.offers(tr)}}
			}
			return s, nil
		}),
		workflow.SetUpdateHandlerWithOptions(tr.ctx, saga.UpdateResolve, func(ctx workflow.Context, in saga.Resolution) (string, error) {
			if tr.flaw == none {
				sure, _ := workflow.NewDisconnectedContext(ctx)
				sure = workflow.WithActivityOptions(sure, workflow.ActivityOptions{StartToCloseTimeout: 5 * time.Second, ScheduleToCloseTimeout: time.Minute})
				for workflow.ExecuteActivity(sure, "Audit", booking{Key: in.ID}).Get(sure, nil) != nil {
					_ = workflow.Sleep(sure, time.Second)
				}
			}
			if d.patience = 0; in.Action == saga.RetryWith {
				d.patience = patient
			}
			d.decided = in.Action
			return "", nil
		}, workflow.UpdateHandlerOptions{Validator: func(in saga.Resolution) error {
			for _, may := range d.offers(tr) {
				if may == in.Action {
					return nil
				}
			}
			return errors.New("not offered")
		}}),
	)
	if failed != nil {
		panic(failed)
	}
}

func (d *desk) offers(tr *trip) []saga.Decision {
	all := []saga.Decision{saga.Retry, saga.RetryWith}
	if (d.parked != "Pay" || tr.flaw == skipsPivot) && d.parked != "Close" {
		all = append(all, saga.Skip)
	}
	return all
}

// park waits for an operator, or for a minute. It reports whether to skip.
func (d *desk) park(tr *trip, ctx workflow.Context, activity string) (skip bool) {
	if tr.flaw != silentParking {
		tr.show(saga.Parked)
	}
	d.parked, d.decided = activity, ""
	d.attempts++
	if tr.flaw == slowToObey {
		_ = workflow.Sleep(ctx, time.Minute)
	}
	_, _ = workflow.AwaitWithTimeout(ctx, time.Minute, func() bool { return d.decided != "" })
	d.parked = ""
	return d.decided == saga.Skip
}
