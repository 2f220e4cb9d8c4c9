package sagatest

import (
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

const (
	work   = 10 * time.Millisecond // what an attempt takes
	moment = time.Millisecond
	margin = time.Second // on either side of the deadline
	// alike is after how many attempts that fail the same way the others up to
	// the last are left out.
	alike = 2
)

// policy is how a call is timed out and retried.
type policy struct {
	startToClose, scheduleToClose time.Duration
	retry                         *temporal.RetryPolicy
	waits                         bool // for the activity to end, when cancelled
	local                         bool
}

// serving is a call being answered.
type serving struct {
	*run
	*call
	policy
	caller   workflow.Context
	set      workflow.Settable
	expires  time.Time
	answered bool
}

// call answers one call of an activity, as the server and a worker would.
func (r *run) call(ctx workflow.Context, name string, args []any, p policy) workflow.Future {
	future, set := workflow.NewFuture(ctx)
	c, err := r.identify(name, args)
	if err != nil {
		r.violate(undescribed, "%v", err)
		set.Set(nil, err)
		return future
	}
	if p.scheduleToClose == 0 {
		p.scheduleToClose = horizon
	}
	if p.startToClose == 0 || p.startToClose > p.scheduleToClose {
		p.startToClose = p.scheduleToClose
	}
	s := &serving{run: r, call: c, policy: p, caller: ctx, set: set, expires: workflow.Now(ctx).Add(p.scheduleToClose)}
	if ctx.Err() != nil {
		r.log("%s is not scheduled: its context is cancelled", c.op)
		s.deliver(temporal.NewCanceledError())
		return future
	}
	r.judgeCall(c, p)
	if r.stuck != nil {
		return future // it would go on like this for ever: nothing but the horizon ends the run
	}
	sure, _ := workflow.NewDisconnectedContext(ctx)
	workflow.Go(sure, s.serve)
	return future
}

// identify finds the operation of a call, and counts it.
func (r *run) identify(name string, args []any) (*call, error) {
	c := &call{Call: Call{Activity: name}}
	if len(args) > 0 {
		payload, err := converter.GetDefaultDataConverter().ToPayload(args[0])
		if err != nil {
			return nil, err
		}
		c.Request = payload.GetData()
	}
	if c.op = r.whose(c.Call); c.op == nil {
		return nil, temporal.NewNonRetryableApplicationError("activity "+name+" is not part of the saga's description", "undescribed", nil)
	}
	if r.saga.Key != nil {
		c.key = r.saga.Key(c.Call)
	}
	p := r.progress[c.op]
	p.calls++
	c.n, c.Answered = p.calls, p.ok
	r.calls = append(r.calls, c)
	return c, nil
}

// serve makes attempts until one is answered, or no time is left.
func (s *serving) serve(ctx workflow.Context) {
	for {
		s.attempts++
		f := s.fault(s.call, s.attempts)
		s.judgeAttempt(s.call)
		err := s.attempt(ctx, f)
		if s.answered {
			return
		}
		pause, left := s.backoff(), s.expires.Sub(workflow.Now(ctx))
		last := err == nil || !retryable(err, s.retry) || pause < 0 || pause > left
		if !last && f.lasting && s.attempts >= f.attempt+alike {
			pause, last = left, true
		} else if last {
			pause = 0
		}
		if s.pause(ctx, pause) {
			err, last = temporal.NewCanceledError(), true
		}
		if last {
			s.deliver(err)
			return
		}
	}
}

// deliver answers the call.
func (s *serving) deliver(err error) {
	if s.answered {
		return
	}
	s.answered = true
	s.judgeAnswer(s.call, err)
	if err != nil {
		s.operate(s.call) //workflowcheck:ignore // the operator is outside of the workflow
		s.set.Set(nil, s.activityError(err))
		return
	}
	var result any
	if s.op.Returns != nil {
		s.Answered = s.progress[s.op].ok - 1
		result = s.op.Returns(s.Call)
	}
	if result == nil {
		s.set.Set(nil, nil)
		return
	}
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(result)
	s.set.Set(payloads, err)
}

// backoff is the pause before the next attempt; negative: there is none.
func (s *serving) backoff() time.Duration {
	if s.retry == nil {
		return time.Second << min(s.attempts-1, 6) // as the server's own default, to 64 s
	}
	if s.retry.MaximumAttempts > 0 && s.attempts >= int(s.retry.MaximumAttempts) {
		return -1
	}
	pause, most := float64(s.retry.InitialInterval), s.retry.MaximumInterval
	if most == 0 {
		most = 100 * s.retry.InitialInterval
	}
	for range s.attempts - 1 {
		pause = min(pause*s.retry.BackoffCoefficient, float64(most))
	}
	return max(time.Duration(pause), moment)
}

func retryable(err error, p *temporal.RetryPolicy) bool {
	app, ok := err.(*temporal.ApplicationError) //nolint:errorlint // as made below
	return !ok || (!app.NonRetryable() && (p == nil || !slices.Contains(p.NonRetryableErrorTypes, app.Type())))
}

func broken(k kind) error {
	if k == panics {
		return temporal.NewApplicationError("injected", "PanicError") // as the SDK reports one
	}
	return temporal.NewApplicationError("injected: "+string(k), "injected")
}

func refusal(a answer) error {
	return temporal.NewNonRetryableApplicationError("injected: "+string(a), string(a), nil)
}

// activityError wraps an attempt's error as the SDK hands it to the workflow.
func (s *serving) activityError(err error) error {
	if s.local || temporal.IsCanceledError(err) {
		return err
	}
	fc := temporal.GetDefaultFailureConverter()
	return fc.FailureToError(&failurepb.Failure{
		Message: "activity error",
		FailureInfo: &failurepb.Failure_ActivityFailureInfo{ActivityFailureInfo: &failurepb.ActivityFailureInfo{
			ActivityType: &commonpb.ActivityType{Name: s.Activity}, ActivityId: s.Activity,
		}},
		Cause: fc.ErrorToFailure(err),
	})
}
