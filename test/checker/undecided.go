package checker

import (
	"context"
	"fmt"
	"strings"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
)

// Explain tells of the first few orders, payments and refunds that are undecided how they
// stand, what their sagas wait for, and what happened in these last.
func (p Platform) Explain(ctx context.Context) string {
	open, err := p.open(ctx)
	if err != nil {
		return "what is undecided cannot be read: " + err.Error()
	}
	c, err := p.dial(ctx)
	if err != nil {
		return fmt.Sprintf("undecided: %v; %v", open, err)
	}
	defer c.Close()
	var text strings.Builder
	for _, row := range open[:min(5, len(open))] {
		fmt.Fprintf(&text, "%v: %s\n", row, explain(ctx, c, fmt.Sprint(row["run"])))
	}
	return text.String()
}

func explain(ctx context.Context, c client.Client, workflowID string) string {
	d, err := c.DescribeWorkflowExecution(ctx, workflowID, "")
	if err != nil {
		return workflowID + ": " + err.Error()
	}
	text := fmt.Sprintf("%s %s", workflowID, d.WorkflowExecutionInfo.Status)
	for _, a := range d.PendingActivities {
		text += fmt.Sprintf("; %s is %s, attempt %d: %s", a.ActivityType.Name, a.State, a.Attempt, a.LastFailure.GetMessage())
	}
	if t := d.PendingWorkflowTask; t != nil {
		text += fmt.Sprintf("; a workflow task is %s, attempt %d", t.State, t.Attempt)
	}
	var events []string
	for iter := c.GetWorkflowHistory(ctx, workflowID, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); iter.HasNext(); {
		e, err := iter.Next()
		if err != nil {
			break
		}
		events = append(events, fmt.Sprintf("%s %s", e.EventTime.AsTime().Format("15:04:05"), e.EventType))
	}
	return text + "; last " + strings.Join(events[max(0, len(events)-8):], ", ")
}
