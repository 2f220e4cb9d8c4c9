package saga_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/workflows/saga"
)

type state struct{}

var policy = saga.Policy{
	StartToClose: time.Second, ScheduleToClose: time.Minute,
	FirstRetry: time.Second, LastRetry: time.Second, Parked: time.Minute, MostParked: time.Hour,
}

func nothing() saga.Action[state] {
	return saga.Action[state]{Policy: policy, Do: func(workflow.Context, *saga.Run[state], *state) error { return nil }}
}

func step(name string, kind saga.Kind) saga.Step[state] {
	s := saga.Step[state]{Name: name, Kind: kind, Action: nothing()}
	if kind == saga.Compensatable {
		s.Undo = &saga.Undo[state]{Name: "un" + name, Action: nothing()}
	}
	return s
}

// TestNew: a saga whose order makes no sense is refused, and told why.
func TestNew(t *testing.T) {
	t.Parallel()
	type definition = saga.Definition[state]
	good := func() definition {
		return definition{
			Name: "good", Deadline: time.Minute,
			Close: saga.Undo[state]{Name: "close", Action: nothing()},
			Stages: []saga.Stage[state]{
				{step("a", saga.Compensatable), step("b", saga.Compensatable)},
				{step("p", saga.Pivot)},
				{step("r", saga.Retriable)},
			},
			Reverse: []saga.Undo[state]{{Name: "reverse", Action: nothing()}},
			Resume: &saga.Resume[state]{
				Name: "ask", Action: nothing(), Due: func(*state) bool { return false },
				Entry: func(*state) (saga.Entry, *saga.Failure) { return saga.FromStart, nil },
			},
		}
	}
	_, err := saga.New(good())
	require.NoError(t, err)

	for _, tc := range []struct {
		says  string
		spoil func(*definition)
	}{
		{"has no name", func(d *definition) { d.Name = "" }},
		{"has no stages", func(d *definition) { d.Stages = nil }},
		{"has no deadline", func(d *definition) { d.Deadline = 0 }},
		{"stage 1 has no steps", func(d *definition) { d.Stages[0] = nil }},
		{"nothing to close it with", func(d *definition) { d.Close = saga.Undo[state]{} }},
		{"name a is used twice", func(d *definition) { d.Stages[2][0].Name = "a" }},
		{"a step or compensation has no name", func(d *definition) { d.Stages[0][0].Undo.Name = "" }},
		{"step a does nothing", func(d *definition) { d.Stages[0][0].Action.Do = nil }},
		{"compensation of step a does nothing", func(d *definition) { d.Stages[0][0].Undo.Action.Do = nil }},
		{"step a is compensatable but cannot be undone", func(d *definition) { d.Stages[0][0].Undo = nil }},
		{"compensation that would never run", func(d *definition) { d.Stages[0][0].Effectless = true }},
		{"compensation that would never run", func(d *definition) { d.Stages[1][0].Undo = d.Stages[0][0].Undo }},
		{"step a is final but", func(d *definition) { d.Stages[0][0].Final = true }},
		{"stage 1 mixes", func(d *definition) { d.Stages[0][1] = step("x", saga.Retriable) }},
		{"stage 2 has 2 pivots", func(d *definition) { d.Stages[1] = append(d.Stages[1], step("q", saga.Pivot)) }},
		{"second pivot", func(d *definition) { d.Stages[2][0].Kind = saga.Pivot }},
		{"comes after the pivot", func(d *definition) { d.Stages[2][0] = step("late", saga.Compensatable) }},
		{"no pivot comes before it", func(d *definition) { d.Stages = d.Stages[2:] }},
		{"unknown kind", func(d *definition) { d.Stages[2][0].Kind = "maybe" }},
		{"needs a start-to-close timeout", func(d *definition) { d.Stages[0][0].Action.Policy.StartToClose = 0 }},
		{"schedule-to-close timeout that is not shorter", func(d *definition) { d.Stages[0][0].Action.Policy.ScheduleToClose = 1 }},
		{"needs a first retry pause", func(d *definition) { d.Stages[0][0].Action.Policy.FirstRetry = 0 }},
		{"pause for when it is parked", func(d *definition) { d.Stages[1][0].Action.Policy.Parked = 0 }},
		{"pause for when it is parked", func(d *definition) { d.Stages[0][0].Undo.Action.Policy.Parked = 0 }},
		{"reversal reverse does nothing", func(d *definition) { d.Reverse[0].Action.Do = nil }},
		{"name reverse is used twice", func(d *definition) { d.Reverse = append(d.Reverse, d.Reverse[0]) }},
		{"pause for when it is parked", func(d *definition) { d.Reverse[0].Action.Policy.Parked = 0 }},
		{"resumption ask does not say when", func(d *definition) { d.Resume.Due = nil }},
		{"resumption ask does not say when", func(d *definition) { d.Resume.Entry = nil }},
		{"resumption ask does not say when", func(d *definition) { d.Resume.Action.Do = nil }},
		{"name close is used twice", func(d *definition) { d.Resume.Name = "close" }},
		{"pause for when it is parked", func(d *definition) { d.Resume.Action.Policy.Parked = 0 }},
	} {
		t.Run(tc.says, func(t *testing.T) {
			t.Parallel()
			def := good()
			tc.spoil(&def)
			_, err := saga.New(def)
			require.ErrorContains(t, err, tc.says)
		})
	}
}
