package sagatest

import (
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// attempt is one attempt with one fault. It returns what the attempt ends with,
// or has answered the call by itself.
func (s *serving) attempt(ctx workflow.Context, k kind) error {
	limit := max(min(s.startToClose, s.expires.Sub(workflow.Now(ctx))), moment)
	timedOut := temporal.NewTimeoutError(enums.TIMEOUT_TYPE_START_TO_CLOSE, nil)
	switch k {
	case timeout, late, zombie:
		s.log("%s attempt %d %s", s.op, s.attempts, k)
		l := &landing{c: s.call}
		if k == zombie {
			s.zombies = append(s.zombies, l)
		}
		s.wait(ctx, limit, false)
		if k == late {
			s.later(ctx, l, 5*moment)
		}
		return timedOut
	case cancelBefore:
		s.cancel()
		if s.wait(ctx, work, true) {
			return nil
		}
	case cancelDuring, cancelZombie:
		s.wait(ctx, work/2, false)
		s.cancel()
	default: // it shows when the attempt finishes
	}
	if limit <= work {
		s.log("%s attempt %d has too little time", s.op, s.attempts)
		s.later(ctx, &landing{c: s.call}, work)
		s.wait(ctx, limit, false)
		return timedOut
	}
	s.wait(ctx, work, false)
	return s.finish(ctx, k)
}

// finish is the end of an attempt that got to work.
func (s *serving) finish(ctx workflow.Context, k kind) error {
	switch k {
	case fail, panics:
		s.log("%s attempt %d %s", s.op, s.attempts, k)
		return broken(k)
	case lost:
		s.apply(s.call, "")
		s.log("%s attempt %d %s", s.op, s.attempts, k)
		return broken(k)
	case cancelZombie:
		if s.answered {
			s.zombies = append(s.zombies, &landing{c: s.call})
			return nil
		}
	case refuses:
		s.log("%s refuses", s.op)
		if a := s.sides.refuse(s.op, s.key); a != yes {
			return refusal(a)
		}
	default: // it shows later
	}
	if a := s.apply(s.call, ""); a != yes {
		return refusal(a)
	}
	switch k {
	case cancelDone:
		s.cancel()
		s.wait(ctx, moment, false)
	case slow, overdue:
		seen := s.deadline.Add(-margin)
		if k == overdue {
			seen = s.deadline.Add(margin)
		}
		s.log("%s %s", s.op, k)
		s.wait(ctx, seen.Sub(workflow.Now(ctx)), true)
	case cancelAfter:
		s.deliver(nil)
		s.cancel()
	default: // all is well
	}
	return nil
}

// cancel asks the workflow to cancel.
func (s *serving) cancel() {
	s.log("cancel requested, %s attempt %d", s.op, s.attempts)
	s.env.CancelWorkflow()
}

// wait lets an attempt take time. A cancellation meanwhile is answered at once,
// and the attempt goes on, unless it may be broken off: then wait reports it.
func (s *serving) wait(ctx workflow.Context, d time.Duration, breakable bool) bool {
	if s.answered || s.waits {
		_ = workflow.Sleep(ctx, d)
		return false
	}
	until := workflow.Now(ctx).Add(d)
	if !s.pause(ctx, d) {
		return false
	}
	s.deliver(temporal.NewCanceledError())
	if !breakable {
		_ = workflow.Sleep(ctx, until.Sub(workflow.Now(ctx)))
	}
	return breakable
}

// pause waits, and reports whether the caller was cancelled meanwhile.
func (s *serving) pause(ctx workflow.Context, d time.Duration) (cancelled bool) {
	if d <= 0 {
		return false
	}
	timerCtx, stop := workflow.WithCancel(ctx)
	workflow.NewSelector(ctx).
		AddFuture(workflow.NewTimer(timerCtx, d), func(workflow.Future) {}).
		AddReceive(s.caller.Done(), func(workflow.ReceiveChannel, bool) { cancelled = true }).
		Select(ctx)
	if cancelled {
		stop()
	}
	return cancelled
}

// later lets the effect of an attempt come about that nobody waits for any more.
func (s *serving) later(ctx workflow.Context, l *landing, after time.Duration) {
	s.owed = append(s.owed, l)
	workflow.Go(ctx, func(ctx workflow.Context) {
		_ = workflow.Sleep(ctx, after)
		s.land(l)
	})
}
