package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// floor is the least that three steps can cost: a workflow of three no-op
// activities in sequence, on workers with the options of the platform's own. The
// activities are remote, on a queue and a worker of their own, as an order's are
// another service's: those of the workflow's own worker would come along with
// the workflow task.
type floor struct {
	client  client.Client
	workers []worker.Worker
	next    atomic.Int64
}

const (
	floorQueue = "bench-floor"
	stepsQueue = "bench-floor-steps"
)

func noop(context.Context) error { return nil }

// bare is three steps in sequence.
func bare(ctx workflow.Context) error {
	return awaited(ctx, func(ctx workflow.Context) error {
		for range 3 {
			if err := workflow.ExecuteActivity(ctx, noop).Get(ctx, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// shape is the steps of an order, doing nothing: three in parallel, two in
// sequence, one remote beside one local. What it takes longer than bare is
// Temporal's price for the order's steps; what an order takes longer than shape
// is the platform's work.
func shape(ctx workflow.Context) error {
	return awaited(ctx, func(ctx workflow.Context) error {
		first := []workflow.Future{
			workflow.ExecuteActivity(ctx, noop), workflow.ExecuteActivity(ctx, noop), workflow.ExecuteActivity(ctx, noop),
		}
		for _, f := range first {
			if err := f.Get(ctx, nil); err != nil {
				return err
			}
		}
		for range 2 {
			if err := workflow.ExecuteActivity(ctx, noop).Get(ctx, nil); err != nil {
				return err
			}
		}
		remote, local := workflow.ExecuteActivity(ctx, noop), workflow.ExecuteLocalActivity(ctx, noop)
		return errors.Join(local.Get(ctx, nil), remote.Get(ctx, nil))
	})
}

// awaited runs steps and lets an update await their end.
func awaited(ctx workflow.Context, steps func(workflow.Context) error) error {
	done := false
	err := workflow.SetUpdateHandler(ctx, "outcome", func(ctx workflow.Context) error {
		return workflow.Await(ctx, func() bool { return done })
	})
	if err != nil {
		return err
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{TaskQueue: stepsQueue, StartToCloseTimeout: 10 * time.Second})
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: 10 * time.Second})
	if err := steps(ctx); err != nil {
		return err
	}
	done = true
	return workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
}

func startFloor(c client.Client) (*floor, error) {
	flows := worker.New(c, floorQueue, worker.Options{
		LocalActivityWorkerOnly: true, MaxConcurrentWorkflowTaskExecutionSize: 64, MaxConcurrentWorkflowTaskPollers: 5,
	})
	flows.RegisterWorkflow(bare)
	flows.RegisterWorkflow(shape)
	steps := worker.New(c, stepsQueue, worker.Options{
		DisableWorkflowWorker: true, MaxConcurrentActivityExecutionSize: 64, MaxConcurrentActivityTaskPollers: 5,
	})
	steps.RegisterActivity(noop)
	f := &floor{client: c, workers: []worker.Worker{flows, steps}}
	return f, errors.Join(flows.Start(), steps.Start())
}

func (f *floor) stop() {
	for _, w := range f.workers {
		w.Stop()
	}
}

// bare runs three steps in sequence.
func (f *floor) bare(ctx context.Context) error { return f.run(ctx, bare) }

// shape runs the steps of an order, doing nothing.
func (f *floor) shape(ctx context.Context) error { return f.run(ctx, shape) }

// run runs a workflow and awaits it as the front door awaits an order.
func (f *floor) run(ctx context.Context, wf any) error {
	id := fmt.Sprintf("floor/%d/%d", time.Now().UnixNano(), f.next.Add(1))
	start := f.client.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID: id, TaskQueue: floorQueue, WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
	}, wf)
	handle, err := f.client.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions:          client.UpdateWorkflowOptions{WorkflowID: id, UpdateName: "outcome", WaitForStage: client.WorkflowUpdateStageCompleted},
	})
	if err != nil {
		return err
	}
	return handle.Get(ctx, nil)
}

// quiet keeps the SDK's log out of the figures.
type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}
