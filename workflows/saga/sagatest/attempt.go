package sagatest

import (
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// attempt is one attempt with one fault. It returns what the attempt ends with,
// or has answered the call by itself.
func (s *serving) attempt(ctx workflow.Context, f fault) error {
	k := f.kind
	limit := max(min(s.startToClose, s.expires.Sub(workflow.Now(ctx))), moment)
	timedOut := temporal.NewTimeoutError(enums.TIMEOUT_TYPE_START_TO_CLOSE, nil)
	switch k {
	case timeout, late, zombie:
		s.strike(f)
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
		s.cancel(f)
		if s.wait(ctx, work, true) {
			return nil
		}
	case cancelDuring, cancelZombie:
		s.wait(ctx, work/2, false)
		s.cancel(f)
	default: // it shows when the attempt finishes
	}
	if limit <= work {
		s.miss(f, "no time is left for an attempt")
		s.log("%s attempt %d has too little time", s.op, s.attempts)
		s.later(ctx, &landing{c: s.call}, work)
		s.wait(ctx, limit, false)
		return timedOut
	}
	s.wait(ctx, work, false)
	return s.finish(ctx, f)
}

// finish is the end of an attempt that got to work.
func (s *serving) finish(ctx workflow.Context, f fault) error {
	switch f.kind {
	case fail, panics:
		s.strike(f)
		s.log("%s attempt %d %s", s.op, s.attempts, f.kind)
		return broken(f.kind)
	case lost:
		if a := s.apply(s.call, ""); a != yes {
			s.miss(f, "its participant refuses it: "+string(a))
			return refusal(a)
		}
		s.strike(f)
		s.log("%s attempt %d %s", s.op, s.attempts, f.kind)
		return broken(f.kind)
	case cancelZombie:
		if s.answered {
			s.strike(f)
			s.zombies = append(s.zombies, &landing{c: s.call})
			return nil
		}
		s.miss(f, "its context is not cancelled, so nobody gives the attempt up")
	case refuses:
		if err := s.refused(f); err != nil {
			return err
		}
	default: // it shows later
	}
	if a := s.apply(s.call, ""); a != yes {
		s.miss(f, "its participant refuses it: "+string(a))
		return refusal(a)
	}
	s.worked(ctx, f)
	return nil
}

// refused is a definite no of the participant, if it can say so.
func (s *serving) refused(f fault) error {
	a := no
	if f.decide == "" {
		a = s.sides.refuse(s.call)
	} else if s.sides.row(s.op, s.key).stands {
		a = yes
	}
	if a == yes {
		s.miss(f, "it was done before, and its participant repeats the answer")
		return nil
	}
	if a == answer(s.op.Settled) {
		s.miss(f, "it answers "+s.op.Settled+" anyway")
		return refusal(a)
	}
	s.strike(f)
	s.log("%s refuses", s.op)
	return refusal(a)
}

// worked is what goes wrong after the effect.
func (s *serving) worked(ctx workflow.Context, f fault) {
	switch f.kind {
	case cancelDone:
		s.cancel(f)
		s.wait(ctx, moment, false)
	case slow, overdue:
		seen := s.deadline.Add(-margin)
		if f.kind == overdue {
			seen = s.deadline.Add(margin)
		}
		left := seen.Sub(workflow.Now(ctx))
		if left <= 0 {
			s.miss(f, "the deadline has passed")
			return
		}
		s.strike(f)
		s.log("%s %s", s.op, f.kind)
		s.wait(ctx, left, true)
	case cancelAfter:
		s.deliver(nil)
		s.cancel(f)
	default: // all is well
	}
}

// cancel asks the workflow to cancel.
func (s *serving) cancel(f fault) {
	if s.cancelled() {
		s.miss(f, "the run is cancelled already")
		return
	}
	if f.kind != cancelZombie { // of which only what follows tells
		s.strike(f)
	}
	s.log("cancel requested, %s attempt %d", s.op, s.attempts)
	s.env.CancelWorkflow() //workflowcheck:ignore // so is whoever cancels
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
