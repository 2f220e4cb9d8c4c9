package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// Histories is what Temporal keeps of the sagas' runs. It needs no worker.
// Unavailable: Temporal does not answer, not within answerWithin either.
type Histories interface {
	// Runs gives the runs of a saga, oldest first; none where Temporal keeps none.
	Runs(ctx context.Context, workflowID string) (runIDs []string, err error)
	// Events gives events of a run from a position on, which is nil for the first
	// one. It waits, where there are none yet, for as long as historyWait. A run that
	// is not kept any more has none, and has ended.
	Events(ctx context.Context, workflowID, runID string, from []byte, wait bool) (EventPage, error)
	// Pending gives the activities of a run that have not ended.
	Pending(ctx context.Context, workflowID, runID string) ([]*workflowpb.PendingActivityInfo, error)
}

// EventPage is a part of a run's history.
type EventPage struct {
	Events []*historypb.HistoryEvent
	// Next is the position to go on at: where nothing happened, the one that was asked
	// for. Nil: these were all, or, of who waits, nothing was read yet.
	Next []byte
	// Ended tells that nothing will come after these. Only who waits learns it of a
	// run that is kept.
	Ended bool
}

// historyWait is how long a question waits for events. A notice of Temporal's that
// is lost delays what it was of by no more than that.
const historyWait = 2 * time.Second

// answerWithin is how long Temporal may take for what it has at hand: many times
// what a loaded server does, and less than clients and proxies wait for an answer.
const answerWithin = 5 * time.Second

// TemporalHistories are Histories on Temporal.
type TemporalHistories struct {
	client    client.Client
	namespace string
}

var _ Histories = (*TemporalHistories)(nil)

// NewHistories returns the histories of a namespace of Temporal.
func NewHistories(c client.Client, namespace string) *TemporalHistories {
	return &TemporalHistories{client: c, namespace: namespace}
}

// Runs lists by Temporal's visibility, which may be a moment behind; the newest run
// it has for sure. A run begins only when the one before it has ended.
func (h *TemporalHistories) Runs(ctx context.Context, workflowID string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	newest, err := h.client.DescribeWorkflowExecution(ctx, workflowID, "")
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, unavailable(err)
	}
	found, err := h.client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: h.namespace, Query: fmt.Sprintf("WorkflowId = '%s'", workflowID),
	})
	if err != nil {
		return nil, unavailable(err)
	}
	last := newest.GetWorkflowExecutionInfo().GetExecution().GetRunId()
	earlier := slices.DeleteFunc(found.GetExecutions(), func(run *workflowpb.WorkflowExecutionInfo) bool {
		return run.GetExecution().GetRunId() == last
	})
	slices.SortFunc(earlier, func(a, b *workflowpb.WorkflowExecutionInfo) int {
		return cmp.Or(a.GetCloseTime().AsTime().Compare(b.GetCloseTime().AsTime()), a.GetStartTime().AsTime().Compare(b.GetStartTime().AsTime()))
	})
	runs := make([]string, 0, len(earlier)+1)
	for _, run := range earlier {
		runs = append(runs, run.GetExecution().GetRunId())
	}
	return append(runs, last), nil
}

// Events asks Temporal itself: the SDK's iterator cannot go on at a position.
func (h *TemporalHistories) Events(ctx context.Context, workflowID, runID string, from []byte, wait bool) (EventPage, error) {
	within := answerWithin
	if wait {
		within = historyWait
	}
	asking, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	page, err := h.client.WorkflowService().GetWorkflowExecutionHistory(asking, &workflowservice.GetWorkflowExecutionHistoryRequest{
		Namespace: h.namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: runID},
		NextPageToken: from, WaitNewEvent: wait, HistoryEventFilterType: enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT, SkipArchival: true,
	})
	switch {
	case isNotFound(err):
		return EventPage{Ended: true}, nil
	case err != nil && wait && ctx.Err() == nil && asking.Err() != nil, isLate(err) && wait:
		return EventPage{Next: from}, nil // nothing happened
	case err != nil:
		return EventPage{}, unavailable(err)
	}
	next := page.GetNextPageToken()
	return EventPage{Events: page.GetHistory().GetEvents(), Next: next, Ended: wait && len(next) == 0}, nil
}

// isLate tells that Temporal's server waited no longer.
func isLate(err error) bool {
	var late *serviceerror.DeadlineExceeded
	return errors.As(err, &late)
}

// Pending asks Temporal, which knows what no history does yet.
func (h *TemporalHistories) Pending(ctx context.Context, workflowID, runID string) ([]*workflowpb.PendingActivityInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	found, err := h.client.DescribeWorkflowExecution(ctx, workflowID, runID)
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, unavailable(err)
	}
	return found.GetPendingActivities(), nil
}
