package workflows

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/order"
)

// Runs is the activities that look at the runs of the sagas, and start them
// again. They run as local activities, in the sagas' worker.
type Runs struct {
	client        client.Client
	orders        order.Service
	actionTimeout time.Duration
}

// NewRuns returns the activities; actionTimeout is how long a customer has to
// confirm a payment.
func NewRuns(c client.Client, s order.Service, actionTimeout time.Duration) *Runs {
	return &Runs{client: c, orders: s, actionTimeout: actionTimeout}
}

// memoAgain marks a run that the reconciler started.
const memoAgain = "again"

// runsAtOnce is how many runs are looked at side by side.
const runsAtOnce = 8

// CutSlice selects runs that were cut off.
type CutSlice struct {
	// Since: only those that closed later; zero: whenever.
	Since  time.Time `json:"since"`
	Limit  int       `json:"limit"`
	Cursor []byte    `json:"cursor,omitempty"` // Temporal's page token
}

// CutPage is a page of the workflow ids of runs that were cut off.
type CutPage struct {
	WorkflowIDs []string `json:"workflow_ids"`
	NextCursor  []byte   `json:"next_cursor,omitempty"` // empty on the last page
}

// ListCutRuns gives the sagas of which a run ended without its end. A newer run
// may have gone on since: see DescribeRuns.
func (a *Runs) ListCutRuns(ctx context.Context, s CutSlice) (CutPage, error) {
	query := fmt.Sprintf("WorkflowType IN ('%s', '%s', '%s') AND ExecutionStatus IN ('Terminated', 'Failed', 'TimedOut', 'Canceled')",
		PlaceOrderName, RefundOrderName, RepairOrderName)
	if !s.Since.IsZero() {
		query += fmt.Sprintf(" AND CloseTime > '%s'", s.Since.UTC().Format(time.RFC3339))
	}
	found, err := a.client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Query: query, PageSize: int32(s.Limit), NextPageToken: s.Cursor, //nolint:gosec // a page of ours
	})
	if err != nil {
		return CutPage{}, safe(ctx, fmt.Errorf("list runs that were cut off: %w", err))
	}
	page := CutPage{NextCursor: found.NextPageToken}
	for _, run := range found.Executions {
		page.WorkflowIDs = append(page.WorkflowIDs, run.GetExecution().GetWorkflowId())
	}
	return page, nil
}

// DescribeRuns tells where the newest run of each saga stands, in the sequence of
// the ids.
func (a *Runs) DescribeRuns(ctx context.Context, workflowIDs []string) ([]RunFacts, error) {
	found := make([]RunFacts, len(workflowIDs))
	all, asking := errgroup.WithContext(ctx)
	all.SetLimit(runsAtOnce)
	for i, id := range workflowIDs {
		all.Go(func() (err error) {
			found[i], err = a.describe(asking, id)
			return err
		})
	}
	return found, safe(ctx, all.Wait())
}

func (a *Runs) describe(ctx context.Context, workflowID string) (RunFacts, error) {
	d, err := a.client.DescribeWorkflowExecution(ctx, workflowID, "")
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return RunFacts{State: RunNone}, nil
	}
	if err != nil {
		return RunFacts{}, fmt.Errorf("describe run of %s: %w", workflowID, err)
	}
	return runFacts(d.GetWorkflowExecutionInfo(), time.Now()), nil
}

func runFacts(run *workflowpb.WorkflowExecutionInfo, now time.Time) RunFacts {
	f := RunFacts{State: RunCut, Again: run.GetMemo().GetFields()[memoAgain] != nil}
	switch run.GetStatus() {
	case enums.WORKFLOW_EXECUTION_STATUS_RUNNING, enums.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW, enums.WORKFLOW_EXECUTION_STATUS_PAUSED:
		f.State = RunRunning
		return f
	case enums.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		f.State = RunCompleted
	default: // terminated, failed, timed out, canceled
	}
	f.Closed = max(now.Sub(run.GetCloseTime().AsTime()), 0)
	return f
}

// Restarts is what came of starting sagas again.
type Restarts struct {
	Started int `json:"started"`
	// Failed are the workflow ids of those that could not be started.
	Failed []string `json:"failed,omitempty"`
}

// RunAgain starts sagas again that have no run any more. One that runs is left
// alone, one that has ended well finds that there is nothing to do, and one whose
// order, refund or repair nobody knows is nothing to run. Those that cannot be
// started are named; it is an error only where none could.
func (a *Runs) RunAgain(ctx context.Context, workflowIDs []string) (Restarts, error) {
	faults := make([]error, len(workflowIDs))
	var all errgroup.Group
	all.SetLimit(runsAtOnce)
	for i, id := range workflowIDs { // one that cannot be started holds up no other
		all.Go(func() error {
			faults[i] = a.runAgain(ctx, id)
			return nil
		})
	}
	_ = all.Wait() // what went wrong is in faults
	var done Restarts
	for i, id := range workflowIDs {
		switch {
		case faults[i] == nil:
			done.Started++
		case fault.KindOf(faults[i]) == fault.NotFound:
			activity.GetLogger(ctx).Warn("nothing to run again", "workflow", id)
		default:
			done.Failed = append(done.Failed, id)
			activity.GetLogger(ctx).Error("saga cannot run again", "workflow", id, "error", faults[i])
		}
	}
	if done.Started == 0 && len(done.Failed) > 0 {
		return done, safe(ctx, errors.Join(faults...))
	}
	return done, nil
}

// safe is an error that a history may keep: the cause goes to the log.
func safe(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	activity.GetLogger(ctx).Warn("runs of sagas", "error", err)
	f := fault.From(err)
	return temporal.NewApplicationError(f.Message, f.Code)
}

func (a *Runs) runAgain(ctx context.Context, workflowID string) error {
	var options client.StartWorkflowOptions
	var name string
	var input any
	kind, id, _ := strings.Cut(workflowID, "/")
	switch kind {
	case "refund":
		r, err := a.orders.GetRefund(ctx, id)
		if err != nil {
			return err
		}
		options, name, input = refundOrderOptions(r), RefundOrderName, refundOrderRequest(r)
	case "repair":
		r, err := a.orders.OpenRepair(ctx, id)
		if err != nil {
			return err
		}
		again := repairOrderRequest(r)
		again.Again = true
		options, name, input = repairOrderOptions(r), RepairOrderName, again
	default:
		o, err := a.orders.Get(ctx, id)
		if err != nil {
			return err
		}
		again := PlaceOrderRequest(o, a.actionTimeout)
		again.Again = true
		options, name, input = PlaceOrderOptions(o), PlaceOrderName, again
	}
	options.WorkflowIDReusePolicy = enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
	options.StaticSummary += ", again"
	options.Memo = map[string]any{memoAgain: true}
	return start(ctx, a.client, "saga", options, name, input)
}
