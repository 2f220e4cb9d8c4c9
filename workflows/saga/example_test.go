package saga_test

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/workflows/saga"
)

// booking is the state of the example's saga.
type booking struct{ Trip string }

// call is an action that runs the activity of a name on its service's queue.
func call(queue, activity string) saga.Action[booking] {
	return saga.Action[booking]{
		Do: func(ctx workflow.Context, _ *saga.Run[booking], b *booking) error {
			return workflow.ExecuteActivity(ctx, activity, b.Trip).Get(ctx, nil)
		},
		Policy: saga.Policy{
			Queue: queue, StartToClose: 10 * time.Second, ScheduleToClose: time.Minute,
			FirstRetry: 100 * time.Millisecond, LastRetry: 5 * time.Second,
			Parked: 15 * time.Second, MostParked: 15 * time.Minute,
		},
	}
}

// Book declares a saga: a seat and a room at once, then the money, then the
// ticket.
func Book() (*saga.Saga[booking], error) {
	return saga.New(saga.Definition[booking]{
		Name: "Book",
		Stages: []saga.Stage[booking]{
			{
				{
					Name: "HoldSeat", Summary: "hold the seat", Kind: saga.Compensatable, Action: call("flight", "HoldSeat"),
					Undo: &saga.Undo[booking]{Name: "ReleaseSeat", Action: call("flight", "ReleaseSeat")},
				},
				{
					Name: "HoldRoom", Summary: "hold the room", Kind: saga.Compensatable, Action: call("hotel", "HoldRoom"),
					Undo: &saga.Undo[booking]{Name: "ReleaseRoom", Action: call("hotel", "ReleaseRoom")},
				},
			},
			{{Name: "Charge", Summary: "pivot: take the money", Kind: saga.Pivot, Action: call("payment", "Charge")}},
			{{Name: "IssueTicket", Summary: "send the ticket", Kind: saga.Retriable, Action: call("flight", "IssueTicket")}},
		},
		Close:    saga.Undo[booking]{Name: "TellCustomer", Action: call("mail", "TellCustomer")},
		Deadline: 10 * time.Minute,
		Grace:    2 * time.Second,
	})
}

// A saga whose pivot is refused gives back what it holds, in reverse order.
func Example() {
	book, err := Book()
	if err != nil {
		fmt.Println(err) // the declaration makes no sense: every fault is named
		return
	}
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	for _, name := range []string{"HoldSeat", "HoldRoom", "Charge", "IssueTicket", "ReleaseSeat", "ReleaseRoom", "TellCustomer"} {
		env.RegisterActivityWithOptions(func(_ context.Context, _ string) error {
			if name == "Charge" {
				return temporal.NewNonRetryableApplicationError("The card was declined.", "declined", nil)
			}
			if name == "ReleaseRoom" || name == "ReleaseSeat" || name == "TellCustomer" {
				fmt.Println(name)
			}
			return nil
		}, activity.RegisterOptions{Name: name})
	}
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		if failure := book.Run(ctx, &booking{Trip: "trip-1"}); failure != nil {
			fmt.Println(failure.Step, failure.Class, failure.Reason())
		}
		return nil
	})
	// Output:
	// ReleaseRoom
	// ReleaseSeat
	// TellCustomer
	// Charge refused declined
}
