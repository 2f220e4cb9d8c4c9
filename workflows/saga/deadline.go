package saga

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// DeadlineSummary is what a history shows on the timer of the deadline.
const DeadlineSummary = "saga deadline"

// deadline is when the way forward ends. The activities of steps are bounded by
// it; a timer of the workflow, which costs an event, watches it only while a
// step waits for something else. An execution timeout could not be caught, so
// nothing would be compensated.
type deadline struct {
	at      time.Time
	passed  bool
	stop    workflow.CancelFunc // the way forward
	changes workflow.Channel    // nil: no timer runs
}

func newDeadline(ctx workflow.Context, stop workflow.CancelFunc, after time.Duration) *deadline {
	return &deadline{at: workflow.Now(ctx).Add(after), stop: stop}
}

// left is the time to the deadline; it is over from zero on.
func (d *deadline) left(ctx workflow.Context) time.Duration { return d.at.Sub(workflow.Now(ctx)) }

// over tells whether the time is over.
func (d *deadline) over(ctx workflow.Context) bool { return d.passed || d.left(ctx) <= 0 }

// move sets the deadline to a time from now.
func (d *deadline) move(ctx workflow.Context, after time.Duration) {
	d.at = workflow.Now(ctx).Add(after)
	if d.changes != nil {
		d.changes.SendAsync(after)
	}
}

// watch stops the way forward when the time is over. It runs beside the saga, on
// a context that nothing cancels, until the workflow ends.
func (d *deadline) watch(sure workflow.Context) {
	if d.changes != nil {
		return
	}
	d.changes = workflow.NewNamedBufferedChannel(sure, "deadline", 8)
	after := d.left(sure)
	workflow.GoNamed(sure, "deadline", func(ctx workflow.Context) {
		for !d.passed {
			timerCtx, stop := workflow.WithCancel(ctx)
			timer := workflow.NewTimerWithOptions(timerCtx, after, workflow.TimerOptions{Summary: DeadlineSummary})
			workflow.NewSelector(ctx).
				AddFuture(timer, func(workflow.Future) { // unless it was moved in the same workflow task
					after = d.left(ctx)
					d.passed = after <= 0
				}).
				AddReceive(d.changes, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, &after) }).
				Select(ctx)
			stop()
		}
		d.stop()
	})
}
