package saga

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// ending is how an action ended that had to be done.
type ending int

const (
	done ending = iota
	refused
	skipped
	reversed
)

// pivot tries the pivot until its answer is definite. Once begun, neither the
// deadline nor a cancellation stops it, because what it did could not be told.
func (r *Run[S]) pivot(ctx workflow.Context, step Step[S]) *Failure {
	r.mark(ctx, step.Name, markRunning)
	ended, err := r.insist(ctx, step.Name, step.Summary, step.Action, insistence{must: true, final: refusal})
	switch ended {
	case refused:
		r.mark(ctx, step.Name, markFailed)
		return &Failure{Step: step.Name, Class: Refused, Err: err}
	case reversed:
		r.mark(ctx, step.Name, markFailed)
		return r.reversed
	case done, skipped:
	}
	r.mark(ctx, step.Name, markDone)
	return nil
}

// complete runs retriable steps in parallel until all are done, or an operator
// turned the saga back.
func (r *Run[S]) complete(sure workflow.Context, stage Stage[S]) *Failure {
	pending := len(stage)
	for _, step := range stage {
		workflow.Go(sure, func(ctx workflow.Context) {
			r.mark(ctx, step.Name, markRunning)
			ended, _ := r.insist(ctx, step.Name, step.Summary, step.Action, insistence{must: step.Final})
			r.mark(ctx, step.Name, map[ending]mark{done: markDone, skipped: markSkipped, reversed: markFailed}[ended])
			pending--
		})
	}
	_ = workflow.Await(sure, func() bool { return pending == 0 })
	return r.reversed
}

// compensate undoes the armed steps in reverse order, one after the other, and
// closes the saga. A saga that an operator turned back has its own way.
func (r *Run[S]) compensate(sure workflow.Context, armed []Step[S]) {
	r.become(sure, Compensating, r.failure.Step)
	if r.reverses() {
		r.reverse(sure)
		armed = nil
	}
	for i := len(armed) - 1; i >= 0; i-- {
		step := armed[i]
		ended, _ := r.insist(sure, step.Undo.Name, step.Undo.Summary, step.Undo.Action, insistence{})
		r.mark(sure, step.Name, map[ending]mark{done: markUndone, skipped: markSkipped}[ended])
		if ended == done {
			r.count(sure, MetricCompensations, step.Name)
		}
	}
	_, _ = r.insist(sure, r.def.Close.Name, r.def.Close.Summary, r.def.Close.Action, insistence{must: true})
}

// reverse does the reversals, which are shown as steps from here on. Once all are
// done, so is what had been done before them undone.
func (r *Run[S]) reverse(sure workflow.Context) {
	for _, undo := range r.def.Reverse {
		r.view.add(undo.Name, Reversal)
	}
	through := true
	for _, undo := range r.def.Reverse {
		r.mark(sure, undo.Name, markRunning)
		ended, _ := r.insist(sure, undo.Name, undo.Summary, undo.Action, insistence{})
		r.mark(sure, undo.Name, map[ending]mark{done: markDone, skipped: markSkipped}[ended])
		through = through && ended == done
	}
	for _, stage := range r.def.Stages {
		for _, step := range stage {
			if through && !step.Effectless && r.view.marks[step.Name] == markDone {
				r.mark(sure, step.Name, markUndone)
			}
		}
	}
}

// insistence is how far to go with an action.
type insistence struct {
	must  bool             // it cannot be skipped
	fixed bool             // its timeouts are its own: it cannot be given more time
	final func(error) bool // an error that ends it; nil: none does
}

func refusal(err error) bool { return Classify(err) == Refused }

// insist does an action until it is done, or its error is final. When a round
// of retries runs out the saga parks: it says so, and goes on at a slow pace or
// as an operator decides. Nothing may cancel the context.
func (r *Run[S]) insist(ctx workflow.Context, name, summary string, action Action[S], how insistence) (ending, error) {
	for pause := action.Policy.Parked; ; pause = min(2*pause, action.Policy.MostParked) {
		err := r.act(ctx, action, summary)
		ended := done
		if err != nil {
			ended = refused
		}
		if r.turnsBack() {
			ended = reversed
		}
		if err == nil || ended == reversed || (how.final != nil && how.final(err)) {
			r.unpark(ctx, name)
			return ended, err
		}
		p := r.park(ctx, name, how, err)
		_, _ = workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
			Timeout: pause, TimerOptions: workflow.TimerOptions{Summary: "parked: " + name},
		}, func() bool { return p.due || r.turnsBack() })
		switch {
		case r.turnsBack():
			r.unpark(ctx, name)
			return reversed, err
		case p.due && p.decided == Skip:
			r.unpark(ctx, name)
			return skipped, err
		case p.due:
			pause = action.Policy.Parked
			if p.patience > 0 {
				action.Policy = action.Policy.patient(p.patience)
			}
			p.decided, p.due, p.patience = "", false, 0
		}
	}
}

// turnsBack tells whether an operator turned the saga back, which has not begun.
func (r *Run[S]) turnsBack() bool { return r.reversed != nil && r.failure == nil }

// patient is the policy with more time for an attempt, and for as many of them.
func (p Policy) patient(startToClose time.Duration) Policy {
	p.ScheduleToClose = max(p.ScheduleToClose, 2*startToClose)
	p.StartToClose = startToClose
	return p
}
