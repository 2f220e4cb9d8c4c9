package saga_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/workflows/saga"
)

// trip is a saga of two parallel steps, a third one, a pivot and a last one,
// whose steps only take time and fail as told.
type trip struct {
	log  []string
	fail map[string]error
	took map[string]time.Duration
}

func (tr *trip) action(name string) saga.Action[trip] {
	return saga.Action[trip]{Policy: policy, Do: func(ctx workflow.Context, r *saga.Run[trip], s *trip) error {
		s.log = append(s.log, name)
		if took := s.took[name]; took > 0 {
			if err := r.Wait(ctx, name, func(ctx workflow.Context) error { return workflow.Sleep(ctx, took) }); err != nil {
				return err
			}
		}
		err := s.fail[name]
		if saga.Classify(err) != saga.Refused {
			delete(s.fail, name) // what may pass, passes the next time
		}
		return err
	}}
}

func (tr *trip) definition() saga.Definition[trip] {
	part := func(name string, kind saga.Kind) saga.Step[trip] {
		s := saga.Step[trip]{Name: name, Kind: kind, Action: tr.action(name)}
		if kind == saga.Compensatable {
			s.Undo = &saga.Undo[trip]{Name: "un" + name, Action: tr.action("un" + name)}
		}
		return s
	}
	return saga.Definition[trip]{
		Name: "trip", Deadline: time.Minute, Grace: 2 * time.Second,
		Close: saga.Undo[trip]{Name: "close", Action: tr.action("close")},
		Stages: []saga.Stage[trip]{
			{part("car", saga.Compensatable), part("hotel", saga.Compensatable)},
			{part("flight", saga.Compensatable)},
			{part("pay", saga.Pivot)},
			{part("mail", saga.Retriable)},
		},
	}
}

func refused(code string) error { return temporal.NewNonRetryableApplicationError("no", code, nil) }

var errLater = temporal.NewApplicationError("later", "later")

func TestRun(t *testing.T) {
	t.Parallel()
	all := []string{"car", "hotel", "flight", "pay", "mail"}
	undoAll := []string{"unflight", "unhotel", "uncar", "close"}
	for _, tc := range []struct {
		name   string
		trip   trip
		cancel time.Duration
		log    []string
		class  saga.Class // empty: it went through
		step   string
	}{
		{name: "through", log: all},
		{
			name: "first of a stage refused", trip: trip{fail: map[string]error{"car": refused("car")}},
			log: []string{"car", "hotel", "unhotel", "uncar", "close"}, class: saga.Refused, step: "car",
		},
		{
			name: "both refused: the first declared tells", class: saga.Refused, step: "car",
			trip: trip{fail: map[string]error{"car": refused("car"), "hotel": refused("hotel")}, took: map[string]time.Duration{"car": time.Second}},
			log:  []string{"car", "hotel", "unhotel", "uncar", "close"},
		},
		{
			name: "a refusal tells more than an unknown", class: saga.Refused, step: "hotel",
			trip: trip{fail: map[string]error{"car": errLater, "hotel": refused("hotel")}},
			log:  []string{"car", "hotel", "unhotel", "uncar", "close"},
		},
		{
			name: "the other step is cancelled after the grace", class: saga.Refused, step: "car",
			trip: trip{fail: map[string]error{"car": refused("car")}, took: map[string]time.Duration{"hotel": time.Hour}},
			log:  []string{"car", "hotel", "unhotel", "uncar", "close"},
		},
		{
			name: "what was stopped for another's failure has none of its own", class: saga.Unknown, step: "hotel",
			trip: trip{fail: map[string]error{"hotel": errLater}, took: map[string]time.Duration{"car": 30 * time.Second}},
			log:  []string{"car", "hotel", "unhotel", "uncar", "close"},
		},
		{
			name: "unknown is undone", trip: trip{fail: map[string]error{"flight": errLater}},
			log: []string{"car", "hotel", "flight", "unflight", "unhotel", "uncar", "close"}, class: saga.Unknown, step: "flight",
		},
		{
			name: "pivot refused", trip: trip{fail: map[string]error{"pay": refused("pay")}},
			log: append([]string{"car", "hotel", "flight", "pay"}, undoAll...), class: saga.Refused, step: "pay",
		},
		{
			name: "pivot unknown is tried again", trip: trip{fail: map[string]error{"pay": errLater}},
			log: []string{"car", "hotel", "flight", "pay", "pay", "mail"},
		},
		{
			name: "last step is tried again", trip: trip{fail: map[string]error{"mail": errLater}},
			log: append(all[:5:5], "mail"),
		},
		{
			name: "compensation is tried again", trip: trip{fail: map[string]error{"flight": refused("flight"), "unhotel": errLater}},
			log: []string{"car", "hotel", "flight", "unflight", "unhotel", "unhotel", "uncar", "close"}, class: saga.Refused, step: "flight",
		},
		{
			name: "deadline in a step", trip: trip{took: map[string]time.Duration{"flight": time.Hour}},
			log: []string{"car", "hotel", "flight", "unflight", "unhotel", "uncar", "close"}, class: saga.Expired, step: "flight",
		},
		{
			name: "deadline in the pivot", trip: trip{took: map[string]time.Duration{"pay": time.Hour}}, log: all,
		},
		{
			name: "cancelled in a stage", trip: trip{took: map[string]time.Duration{"car": time.Hour}}, cancel: time.Second,
			log: []string{"car", "hotel", "unhotel", "uncar", "close"}, class: saga.Cancelled, step: "car",
		},
		{
			name: "cancelled in the pivot", trip: trip{took: map[string]time.Duration{"pay": time.Hour}}, cancel: time.Second, log: all,
		},
		{
			name: "cancelled while compensating", cancel: 5 * time.Second, class: saga.Refused, step: "flight",
			trip: trip{fail: map[string]error{"flight": refused("flight")}, took: map[string]time.Duration{"unflight": 10 * time.Second}},
			log:  []string{"car", "hotel", "flight", "unflight", "unhotel", "uncar", "close"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tr := tc.trip
			s, err := saga.New(tr.definition())
			require.NoError(t, err)
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestWorkflowEnvironment()
			if tc.cancel > 0 {
				env.RegisterDelayedCallback(env.CancelWorkflow, tc.cancel)
			}
			var failure *saga.Failure
			env.ExecuteWorkflow(func(ctx workflow.Context) error {
				failure = s.Run(ctx, &tr)
				return nil
			})
			require.NoError(t, env.GetWorkflowError())
			require.Equal(t, tc.log, tr.log)
			if tc.class == "" {
				require.Nil(t, failure)
				return
			}
			require.Equal(t, tc.class, failure.Class, fmt.Sprint(failure))
			require.Equal(t, tc.step, failure.Step)
		})
	}
}
