package saga

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// deadline cancels the way forward when the saga's time is over. It is a timer
// of the workflow: an execution timeout could not be caught, so nothing would
// be compensated.
type deadline struct {
	passed bool
	moved  workflow.Channel
}

// startDeadline calls cancel when the time is over. It runs beside the saga, on
// a context that nothing cancels, until the workflow ends.
func startDeadline(sure workflow.Context, cancel workflow.CancelFunc, after time.Duration) *deadline {
	d := &deadline{moved: workflow.NewNamedBufferedChannel(sure, "deadline", 8)}
	workflow.GoNamed(sure, "deadline", func(ctx workflow.Context) {
		for !d.passed {
			timerCtx, stop := workflow.WithCancel(ctx)
			timer := workflow.NewTimerWithOptions(timerCtx, after, workflow.TimerOptions{Summary: "saga deadline"})
			workflow.NewSelector(ctx).
				AddFuture(timer, func(workflow.Future) { d.passed = true }).
				AddReceive(d.moved, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, &after) }).
				Select(ctx)
			stop()
		}
		cancel()
	})
	return d
}

// set moves the deadline to a time from now.
func (d *deadline) set(after time.Duration) { d.moved.SendAsync(after) }
