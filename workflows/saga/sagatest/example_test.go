package sagatest_test

import (
	"testing"
	"time"

	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/workflows/saga"
	"github.com/skaldhq/skald/workflows/saga/sagatest"
)

// A lending holds a book, takes the deposit, and hands the book out.
type lending struct{ Book string }

func newLending() (*saga.Saga[lending], error) {
	policy := saga.Policy{
		Queue: "library", StartToClose: 5 * time.Second, ScheduleToClose: time.Minute,
		FirstRetry: time.Second, LastRetry: 10 * time.Second, Parked: time.Minute, MostParked: time.Hour,
	}
	call := func(activity string) saga.Action[lending] {
		return saga.Action[lending]{Policy: policy, Do: func(ctx workflow.Context, _ *saga.Run[lending], l *lending) error {
			return workflow.ExecuteActivity(ctx, activity, l).Get(ctx, nil)
		}}
	}
	return saga.New(saga.Definition[lending]{
		Name: "Lend", Deadline: 5 * time.Minute, Grace: time.Second,
		Stages: []saga.Stage[lending]{
			{{Name: "HoldBook", Kind: saga.Compensatable, Action: call("HoldBook"), Undo: &saga.Undo[lending]{Name: "FreeBook", Action: call("FreeBook")}}},
			{{Name: "TakeDeposit", Kind: saga.Pivot, Action: call("TakeDeposit")}},
			{{Name: "HandOut", Kind: saga.Retriable, Final: true, Action: call("HandOut")}},
		},
		Close: saga.Undo[lending]{Name: "TellWhy", Action: call("TellWhy")},
	})
}

// describeLending says what sagatest has to know: the activities in their order,
// what undoes them, and the key that a participant keeps each under.
func describeLending(s *saga.Saga[lending]) sagatest.Saga {
	return sagatest.Saga{
		Name: "Lend",
		Run: func(env *testsuite.TestWorkflowEnvironment) {
			env.ExecuteWorkflow(func(ctx workflow.Context, l lending) (bool, error) {
				through := s.Run(ctx, &l) == nil
				sure, _ := workflow.NewDisconnectedContext(ctx)
				return through, workflow.Await(sure, func() bool { return workflow.AllHandlersFinished(sure) })
			}, lending{Book: "Moby Dick"})
		},
		Stages: [][]sagatest.Step{
			{{Op: sagatest.Op{Activity: "HoldBook"}, Kind: saga.Compensatable, Undo: &sagatest.Op{Activity: "FreeBook"}}},
			{{Op: sagatest.Op{Activity: "TakeDeposit"}, Kind: saga.Pivot}},
			{{Op: sagatest.Op{Activity: "HandOut"}, Kind: saga.Retriable, Final: true}},
		},
		Close:    sagatest.Op{Activity: "TellWhy"},
		Deadline: 5 * time.Minute,
		Key: func(c sagatest.Call) string {
			var l lending
			c.Decode(&l)
			return l.Book
		},
		WentThrough: func(env *testsuite.TestWorkflowEnvironment) (through bool, err error) {
			err = env.GetWorkflowResult(&through)
			return through, err
		},
	}
}

func ExampleExplore() {
	s, err := newLending()
	if err != nil {
		panic(err)
	}
	_ = func(t *testing.T) { // the test of the saga
		sagatest.Explore(t, describeLending(s)) // each violation fails it
	}
}

// TestLending: the example holds.
func TestLending(t *testing.T) {
	t.Parallel()
	s, err := newLending()
	if err != nil {
		t.Fatal(err)
	}
	if report := sagatest.Explore(t, describeLending(s)); report.Cases < 1000 {
		t.Error(report)
	}
}
