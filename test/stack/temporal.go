package stack

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
)

// ended is between two looks whether a run has ended.
const ended = 50 * time.Millisecond

// Dial connects to the platform's Temporal server.
func (s *Stack) Dial() (client.Client, error) {
	return client.Dial(client.Options{HostPort: s.Temporal, Namespace: "default", Logger: silent{}})
}

// History gives the history of a run as it is.
func History(ctx context.Context, c client.Client, workflowID string) (*history.History, error) {
	h := &history.History{}
	for iter := c.GetWorkflowHistory(ctx, workflowID, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); iter.HasNext(); {
		event, err := iter.Next()
		if err != nil {
			return nil, fmt.Errorf("read history of %s: %w", workflowID, err)
		}
		h.Events = append(h.Events, event)
	}
	return h, nil
}

// ClosedHistory gives the history of a run once it has ended well.
func ClosedHistory(ctx context.Context, c client.Client, workflowID string) (*history.History, error) {
	for {
		d, err := c.DescribeWorkflowExecution(ctx, workflowID, "")
		if err == nil && d.WorkflowExecutionInfo.Status == enums.WORKFLOW_EXECUTION_STATUS_COMPLETED {
			return History(ctx, c, workflowID)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%s has not ended: %w", workflowID, ctx.Err())
		case <-time.After(ended):
		}
	}
}

// silent is a logger for clients whose test judges their errors itself.
type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
