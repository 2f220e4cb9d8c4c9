package main

import (
	"context"
	"os"
	"path/filepath"
	"syscall"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
)

// points is the directory of the armed points.
type points string

// reach kills this process where the point is armed. Of those who reach it at
// the same time one does.
func (p points) reach(operation, when string) {
	if os.Remove(filepath.Join(string(p), operation+"-"+when)) == nil {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal is on its way
	}
}

// crashing is an interceptor of everything that has an effect.
type crashing struct {
	interceptor.InterceptorBase
	points points
}

// InterceptActivity has the points of activities.
func (c *crashing) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &crashingActivity{ActivityInboundInterceptorBase: interceptor.ActivityInboundInterceptorBase{Next: next}, points: c.points}
}

// InterceptClient has the points of the front door.
func (c *crashing) InterceptClient(next interceptor.ClientOutboundInterceptor) interceptor.ClientOutboundInterceptor {
	return &crashingClient{ClientOutboundInterceptorBase: interceptor.ClientOutboundInterceptorBase{Next: next}, points: c.points}
}

type crashingActivity struct {
	interceptor.ActivityInboundInterceptorBase
	points points
}

// ExecuteActivity dies before the service's transaction, or after its commit.
func (a *crashingActivity) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	name := activity.GetInfo(ctx).ActivityType.Name
	a.points.reach(name, "before")
	out, err := a.Next.ExecuteActivity(ctx, in)
	a.points.reach(name, "after")
	return out, err
}

type crashingClient struct {
	interceptor.ClientOutboundInterceptorBase
	points points
}

// ExecuteWorkflow dies before the start of a saga, or after it.
func (c *crashingClient) ExecuteWorkflow(ctx context.Context, in *interceptor.ClientExecuteWorkflowInput) (client.WorkflowRun, error) {
	c.points.reach("Start"+in.WorkflowType, "before")
	run, err := c.Next.ExecuteWorkflow(ctx, in)
	c.points.reach("Start"+in.WorkflowType, "after")
	return run, err
}

// UpdateWithStartWorkflow dies before the start of a saga whose outcome is
// awaited, or after it.
func (c *crashingClient) UpdateWithStartWorkflow(ctx context.Context, in *interceptor.ClientUpdateWithStartWorkflowInput) (client.WorkflowUpdateHandle, error) {
	c.points.reach("StartAndAwait", "before")
	handle, err := c.Next.UpdateWithStartWorkflow(ctx, in)
	c.points.reach("StartAndAwait", "after")
	return handle, err
}

// CancelWorkflow dies before a cancellation is delivered, or after it.
func (c *crashingClient) CancelWorkflow(ctx context.Context, in *interceptor.ClientCancelWorkflowInput) error {
	c.points.reach("CancelWorkflow", "before")
	err := c.Next.CancelWorkflow(ctx, in)
	c.points.reach("CancelWorkflow", "after")
	return err
}
