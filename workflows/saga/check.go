package saga

import (
	"errors"
	"fmt"
)

// New checks a definition. The error names every fault it has: a saga whose
// order makes no sense is refused when it is registered, not when it runs.
func New[S any](def Definition[S]) (*Saga[S], error) {
	c := checker{names: map[string]bool{}}
	if def.Name == "" {
		c.fault("it has no name")
	}
	if len(def.Stages) == 0 {
		c.fault("it has no stages")
	}
	if def.Deadline <= 0 {
		c.fault("it has no deadline")
	}
	reached := Compensatable
	for i, stage := range def.Stages {
		if len(stage) == 0 {
			c.fault("stage %d has no steps", i+1)
			continue
		}
		kind := stage[0].Kind
		for _, step := range stage {
			if step.Kind != kind {
				c.fault("stage %d mixes %s and %s steps", i+1, kind, step.Kind)
			}
			checkStep(&c, step)
		}
		if kind == Pivot && len(stage) > 1 {
			c.fault("stage %d has %d pivots", i+1, len(stage))
		}
		c.follow(i+1, reached, kind)
		reached = kind
	}
	if def.Close.Action.Do == nil {
		c.fault("it has nothing to close it with")
	} else {
		c.name(def.Close.Name)
		c.policy(def.Close.Name, def.Close.Action.Policy, true)
	}
	for _, undo := range def.Reverse {
		if undo.Action.Do == nil {
			c.fault("its reversal %s does nothing", undo.Name)
		}
		c.name(undo.Name)
		c.policy(undo.Name, undo.Action.Policy, true)
	}
	if how := def.Resume; how != nil {
		if how.Due == nil || how.Entry == nil || how.Action.Do == nil {
			c.fault("its resumption %s does not say when, where and how", how.Name)
		}
		c.name(how.Name)
		c.policy(how.Name, how.Action.Policy, true)
	}
	if err := errors.Join(c.faults...); err != nil {
		return nil, fmt.Errorf("saga %q: %w", def.Name, err)
	}
	return &Saga[S]{def: def}, nil
}

func checkStep[S any](c *checker, step Step[S]) {
	c.name(step.Name)
	if step.Action.Do == nil {
		c.fault("step %s does nothing", step.Name)
	}
	c.policy(step.Name, step.Action.Policy, step.Kind != Compensatable)
	if step.Final && step.Kind != Retriable {
		c.fault("step %s is final but more may fail after it", step.Name)
	}
	switch {
	case step.Kind == Compensatable && step.Undo == nil && !step.Effectless:
		c.fault("step %s is compensatable but cannot be undone", step.Name)
	case step.Undo != nil && (step.Kind != Compensatable || step.Effectless):
		c.fault("step %s has a compensation that would never run", step.Name)
	case step.Undo != nil && step.Undo.Action.Do == nil:
		c.fault("the compensation of step %s does nothing", step.Name)
	case step.Undo != nil:
		c.name(step.Undo.Name)
		c.policy(step.Undo.Name, step.Undo.Action.Policy, true)
	}
}

// checker gathers what is wrong with a definition.
type checker struct {
	names  map[string]bool
	faults []error
}

func (c *checker) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf(format, args...))
}

func (c *checker) name(name string) {
	switch {
	case name == "":
		c.fault("a step or compensation has no name")
	case c.names[name]:
		c.fault("the name %s is used twice", name)
	}
	c.names[name] = true
}

func (c *checker) policy(name string, p Policy, untilDone bool) {
	if p.StartToClose <= 0 || p.ScheduleToClose < p.StartToClose {
		c.fault("%s needs a start-to-close timeout, and a schedule-to-close timeout that is not shorter", name)
	}
	if p.FirstRetry <= 0 || p.LastRetry < p.FirstRetry {
		c.fault("%s needs a first retry pause, and a last one that is not shorter", name)
	}
	if untilDone && (p.Parked <= 0 || p.MostParked < p.Parked) {
		c.fault("%s has to be done until it succeeds and needs a pause for when it is parked, and a longest one that is not shorter", name)
	}
}

// follow checks that a stage of kind next may come after one of kind last.
func (c *checker) follow(stage int, last, next Kind) {
	switch next {
	case Compensatable:
		if last != Compensatable {
			c.fault("stage %d is compensatable but comes after the pivot", stage)
		}
	case Pivot:
		if last != Compensatable {
			c.fault("stage %d is a second pivot, or one after retriable steps", stage)
		}
	case Retriable:
		if last == Compensatable {
			c.fault("stage %d is retriable but no pivot comes before it", stage)
		}
	default:
		c.fault("stage %d has steps of unknown kind %q", stage, next)
	}
}
