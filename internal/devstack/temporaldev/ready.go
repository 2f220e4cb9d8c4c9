package temporaldev

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"github.com/skaldhq/skald/internal/searchattr"
)

// awaitReady waits until the server answers for its namespace, hands out tasks
// and knows the search attributes.
func (s *Server) awaitReady(ctx context.Context, attributes []string) error {
	var c client.Client
	err := eventually(ctx, func() (err error) {
		c, err = client.DialContext(ctx, client.Options{HostPort: s.Addr, Namespace: s.Namespace, Logger: quiet{}})
		return err
	})
	if err != nil {
		return err
	}
	defer c.Close()
	err = eventually(ctx, func() error {
		_, err := searchattr.Add(ctx, c, s.Namespace, attributes)
		return err
	})
	if err != nil {
		return err
	}
	// The frontend answers before the service behind the task queues does.
	err = eventually(ctx, func() error {
		_, err := c.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
			Namespace: s.Namespace, TaskQueue: &taskqueue.TaskQueue{Name: "ready"}, TaskQueueType: enums.TASK_QUEUE_TYPE_WORKFLOW,
		})
		return err
	})
	if err != nil {
		return err
	}
	conditions := make([]string, len(attributes))
	for i, name := range attributes {
		conditions[i] = fmt.Sprintf("`%s` IS NULL", name)
	}
	// Visibility is the last to come up.
	return eventually(ctx, func() error {
		_, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: s.Namespace, Query: strings.Join(conditions, " AND "),
		})
		return err
	})
}

// eventually tries until it succeeds or the context ends.
func eventually(ctx context.Context, try func() error) error {
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// quiet keeps the SDK's complaints about a server that is not up yet to itself.
type quiet struct{}

var _ sdklog.Logger = quiet{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}
