package saga_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/workflows/saga"
)

// operated is a trip whose steps keep failing as told, and what an operator saw
// and did.
type operated struct {
	*testing.T
	env     *testsuite.TestWorkflowEnvironment
	trip    trip
	audited []saga.Resolved
	refused []error
	failure *saga.Failure
	slow    time.Duration // how long it takes to audit a decision
}

// operate runs a trip in which the steps of broken fail until the operator has
// decided; decide is called once the saga had the time to park.
func operate(t *testing.T, broken map[string]error, decide func(o *operated)) *operated {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	o := &operated{T: t, env: suite.NewTestWorkflowEnvironment(), trip: trip{fail: broken}}
	def := o.trip.definition()
	def.Reverse = []saga.Undo[trip]{{Name: "unpay", Action: o.trip.action("unpay")}}
	def.OnResolve = func(ctx workflow.Context, _ *trip, r saga.Resolved) {
		_ = workflow.Sleep(ctx, o.slow)
		o.audited = append(o.audited, r)
	}
	s, err := saga.New(def)
	require.NoError(t, err)
	o.env.RegisterDelayedCallback(func() { decide(o) }, 30*time.Second) // while the first pause lasts
	o.env.ExecuteWorkflow(func(ctx workflow.Context) error {
		o.failure = s.Run(ctx, &o.trip)
		return nil
	})
	require.True(t, o.env.IsWorkflowCompleted())
	require.NoError(t, o.env.GetWorkflowError())
	return o
}

// resolve sends a decision.
func (o *operated) resolve(r saga.Resolution) {
	o.env.UpdateWorkflow(saga.UpdateResolve, r.ID+string(r.Action)+r.Step, &testsuite.TestUpdateCallback{
		OnAccept:   func() {},
		OnReject:   func(err error) { o.refused = append(o.refused, err) },
		OnComplete: func(_ any, err error) { require.NoError(o, err) },
	}, r)
}

func (o *operated) status() saga.Status {
	value, err := o.env.QueryWorkflow(saga.QueryStatus)
	require.NoError(o, err)
	var s saga.Status
	require.NoError(o, value.Get(&s))
	return s
}

func decision(step string, action saga.Decision) saga.Resolution {
	return saga.Resolution{ID: "1", Step: step, Action: action, Reason: "because", By: "operator"}
}

// keeps is a definite error that a step keeps.
func keeps() error { return temporal.NewNonRetryableApplicationError("no", "never", nil) }

func TestResolve(t *testing.T) {
	t.Parallel()
	forward, undone := []string{"car", "hotel", "flight"}, []string{"unhotel", "uncar", "close"}
	for _, tc := range []struct {
		name   string
		broken map[string]error
		decide saga.Resolution
		mend   string // what works once the operator decided
		log    []string
		after  saga.State
		class  saga.Class // of the failure; empty: it went through
		steps  []saga.StepStatus
	}{
		{
			name: "retry a compensation", broken: map[string]error{"flight": refused("x"), "unflight": keeps()}, mend: "unflight",
			decide: decision("unflight", saga.Retry), after: saga.Parked, class: saga.Refused,
			log: append(append(forward[:3:3], "unflight", "unflight"), undone...),
		},
		{
			name: "skip a compensation", broken: map[string]error{"flight": refused("x"), "unflight": keeps()},
			decide: decision("unflight", saga.Skip), after: saga.Compensating, class: saga.Refused,
			log: append(append(forward[:3:3], "unflight"), undone...),
		},
		{
			name: "skip a last step", broken: map[string]error{"mail": keeps()},
			decide: decision("mail", saga.Skip), after: saga.Running,
			log: append(forward[:3:3], "pay", "mail"),
		},
		{
			name: "turn back after the pivot", broken: map[string]error{"mail": keeps()},
			decide: decision("mail", saga.Compensate), after: saga.Compensating, class: saga.Reversed,
			log: append(forward[:3:3], "pay", "mail", "unpay", "close"),
			steps: []saga.StepStatus{
				{Name: "car", Kind: saga.Compensatable, State: "undone"}, {Name: "hotel", Kind: saga.Compensatable, State: "undone"},
				{Name: "flight", Kind: saga.Compensatable, State: "undone"}, {Name: "pay", Kind: saga.Pivot, State: "undone"},
				{Name: "mail", Kind: saga.Retriable, State: "failed"}, {Name: "unpay", Kind: saga.Reversal, State: "done"},
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			o := operate(t, tc.broken, func(o *operated) {
				s := o.status()
				require.Equal(o, saga.Parked, s.State)
				require.Len(o, s.Parked, 1)
				require.Equal(o, tc.decide.Step, s.Parked[0].Step)
				require.Equal(o, "never", s.Parked[0].Reason)
				require.Equal(o, saga.Refused, s.Parked[0].Class)
				require.Equal(o, 1, s.Parked[0].Attempts)
				require.Contains(o, s.Parked[0].Decisions, tc.decide.Action)
				delete(o.trip.fail, tc.mend)
				o.resolve(tc.decide)
			})
			require.Empty(t, o.refused)
			require.Equal(t, tc.log, o.trip.log)
			require.Len(t, o.audited, 1)
			require.Equal(t, tc.decide, o.audited[0].Resolution)
			require.Equal(t, saga.Parked, o.audited[0].Before)
			require.Equal(t, tc.after, o.audited[0].After)
			s := o.status()
			require.Empty(t, s.Parked)
			require.Equal(t, o.audited, s.Resolutions)
			if tc.class == "" {
				require.Nil(t, o.failure)
				require.Equal(t, saga.Completed, s.State)
				return
			}
			require.Equal(t, tc.class, o.failure.Class)
			require.Equal(t, saga.Compensated, s.State)
			if tc.steps != nil {
				require.Equal(t, tc.steps, s.Steps)
			}
		})
	}
}

// TestRefusedResolutions: what makes no sense is refused, recorded nowhere, and
// changes nothing.
func TestRefusedResolutions(t *testing.T) {
	t.Parallel()
	patience := func(input string) saga.Resolution {
		r := decision("unflight", saga.RetryWith)
		r.Input = json.RawMessage(input)
		return r
	}
	anonymous := decision("unflight", saga.Skip)
	anonymous.By = ""
	retryWithInput := decision("unflight", saga.Retry)
	retryWithInput.Input = json.RawMessage(`{}`)
	unstorable := decision("unflight", saga.Skip)
	unstorable.Reason = "no text\x00"
	for _, tc := range []struct {
		decide saga.Resolution
		code   string
	}{
		{decision("uncar", saga.Skip), saga.NotParked},
		{decision("unflight", saga.Compensate), saga.NotAllowed}, // it is turning back
		{decision("unflight", "explode"), saga.NotAllowed},
		{anonymous, saga.BadResolution},
		{unstorable, saga.BadResolution},
		{retryWithInput, saga.BadResolution},
		{patience(`{"start_to_close":"soon"}`), saga.BadResolution},
		{patience(`{"start_to_close":"2h"}`), saga.BadResolution},
		{patience(``), saga.BadResolution},
	} {
		o := operate(t, map[string]error{"flight": refused("x"), "unflight": keeps()}, func(o *operated) {
			o.resolve(tc.decide)
			delete(o.trip.fail, "unflight")
		})
		require.Len(t, o.refused, 1)
		var app *temporal.ApplicationError
		require.ErrorAs(t, o.refused[0], &app)
		require.Equal(t, tc.code, app.Type())
		require.Empty(t, o.audited)
		require.Equal(t, []string{"car", "hotel", "flight", "unflight", "unflight", "unhotel", "uncar", "close"}, o.trip.log)
	}
}

// TestFinalStepCannotBeSkipped: how the saga ended has to be recorded.
func TestFinalStepCannotBeSkipped(t *testing.T) {
	t.Parallel()
	var trip trip
	def := trip.definition()
	trip.fail = map[string]error{"mail": keeps()}
	def.Stages[3][0].Final = true
	s, err := saga.New(def)
	require.NoError(t, err)
	var suite testsuite.WorkflowTestSuite
	o := &operated{T: t, env: suite.NewTestWorkflowEnvironment()}
	o.env.RegisterDelayedCallback(func() {
		require.Equal(t, []saga.Decision{saga.Retry, saga.RetryWith}, o.status().Parked[0].Decisions)
		o.resolve(decision("mail", saga.Skip))
		delete(trip.fail, "mail")
	}, 30*time.Second)
	o.env.ExecuteWorkflow(func(ctx workflow.Context) error {
		o.failure = s.Run(ctx, &trip)
		return nil
	})
	require.NoError(t, o.env.GetWorkflowError())
	require.Len(t, o.refused, 1)
	require.Nil(t, o.failure)
	require.Equal(t, []string{"car", "hotel", "flight", "pay", "mail", "mail"}, trip.log)
}

// TestPivotCannotBeSkipped: whether it happened is not an operator's to say.
func TestPivotCannotBeSkipped(t *testing.T) {
	t.Parallel()
	o := operate(t, map[string]error{"pay": errLater}, func(o *operated) {
		o.resolve(decision("pay", saga.Skip))
		o.resolve(decision("pay", saga.Compensate))
	})
	require.Len(t, o.refused, 1)
	require.Equal(t, []string{"car", "hotel", "flight", "pay", "unpay", "close"}, o.trip.log)
	require.Equal(t, saga.Reversed, o.failure.Class)
}

// TestReversalThatIsSkipped: nobody says then that all is undone.
func TestReversalThatIsSkipped(t *testing.T) {
	t.Parallel()
	o := operate(t, map[string]error{"mail": keeps(), "unpay": keeps()}, func(o *operated) {
		o.resolve(decision("mail", saga.Compensate))
		o.env.RegisterDelayedCallback(func() {
			steps := o.status().Steps
			require.Equal(o, saga.StepStatus{Name: "unpay", Kind: saga.Reversal, State: "running"}, steps[len(steps)-1])
			o.resolve(decision("unpay", saga.Skip))
		}, time.Second)
	})
	require.Equal(t, saga.Reversed, o.failure.Class)
	states := map[string]string{}
	for _, s := range o.status().Steps {
		states[s.Name] = s.State
	}
	require.Equal(t, map[string]string{
		"car": "done", "hotel": "done", "flight": "done", "pay": "done", "mail": "failed", "unpay": "skipped",
	}, states)
}

// TestOneDecisionAtATime: while a decision is being recorded, or done, there is no
// second one, and whoever asks is told; and the saga does not end before it is, though the step was done meanwhile.
func TestOneDecisionAtATime(t *testing.T) {
	t.Parallel()
	o := operate(t, map[string]error{"mail": keeps()}, func(o *operated) {
		o.slow = time.Hour
		o.resolve(decision("mail", saga.Skip))
		o.resolve(decision("mail", saga.Retry))
		delete(o.trip.fail, "mail")
		o.env.RegisterDelayedCallback(func() {
			shown := o.status().Parked[0]
			require.Equal(o, saga.Skip, shown.Decided)
			require.Equal(o, []saga.Decision{}, shown.Decisions)
		}, time.Second)
	})
	require.Len(t, o.refused, 1)
	require.Len(t, o.audited, 1)
	require.Equal(t, []string{"car", "hotel", "flight", "pay", "mail", "mail"}, o.trip.log)
	require.Nil(t, o.failure)
}
