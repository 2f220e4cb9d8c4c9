package workers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/skaldhq/skald/workflows"
)

// Unversioned is the version of workers without a build id.
const Unversioned = "unversioned"

// VersionState says what a version is for.
type VersionState string

// The states of a version.
const (
	VersionCurrent  VersionState = "current"  // takes new sagas
	VersionRamping  VersionState = "ramping"  // takes a share of them
	VersionDraining VersionState = "draining" // has open runs still, or may have
	VersionDrained  VersionState = "drained"  // its workers can go
	VersionInactive VersionState = "inactive" // never took any
)

// Version is one version of the order workers.
type Version struct {
	BuildID string
	State   VersionState
	Percent float32 // of new sagas that a ramping one takes
	Open    int64   // runs that go on with it
	Workers int     // that asked for work lately
}

// Stuck tells that runs wait for workers that are not there.
func (v Version) Stuck() bool {
	return v.Workers == 0 && (v.Open > 0 || v.State == VersionCurrent || v.State == VersionRamping)
}

// List gives all versions that Temporal keeps, newest first, and Unversioned
// where there is anything of it.
func (v *Versions) List(ctx context.Context) ([]Version, error) {
	found, err := v.handle.Describe(ctx, client.WorkerDeploymentDescribeOptions{})
	var none *serviceerror.NotFound
	if err != nil && !errors.As(err, &none) {
		return nil, fmt.Errorf("describe deployment: %w", err)
	}
	polling, err := v.polling(ctx)
	if err != nil {
		return nil, err
	}
	var all []Version
	for _, s := range found.Info.VersionSummaries {
		one, err := v.version(ctx, found.Info.RoutingConfig, s.Version.BuildID, s.DrainageStatus)
		if err != nil {
			return nil, err
		}
		one.Workers = polling[one.BuildID]
		all = append(all, one)
	}
	rest, err := v.version(ctx, found.Info.RoutingConfig, Unversioned, client.WorkerDeploymentVersionDrainageStatusUnspecified)
	rest.Workers = polling[Unversioned]
	if err == nil && (rest.Open > 0 || rest.Workers > 0) {
		all = append(all, rest)
	}
	return all, err
}

// version joins what Temporal routes to a version with its open runs.
func (v *Versions) version(ctx context.Context, routing client.WorkerDeploymentRoutingConfig, buildID string, drainage client.WorkerDeploymentVersionDrainageStatus) (Version, error) {
	one := Version{BuildID: buildID, State: VersionInactive}
	which := fmt.Sprintf("TemporalWorkerDeploymentVersion = '%s:%s'", Deployment, buildID)
	if buildID == Unversioned {
		which = fmt.Sprintf("TemporalWorkerDeploymentVersion IS NULL AND TaskQueue = '%s'", workflows.QueueOrder)
	}
	open, err := v.client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: v.namespace, Query: which + " AND ExecutionStatus = 'Running'",
	})
	if err != nil {
		return one, fmt.Errorf("count runs of version %s: %w", buildID, err)
	}
	one.Open = open.GetCount()
	switch {
	case is(routing.CurrentVersion, buildID):
		one.State = VersionCurrent
	case routing.RampingVersionPercentage > 0 && is(routing.RampingVersion, buildID):
		one.State, one.Percent = VersionRamping, routing.RampingVersionPercentage
	case one.Open > 0, drainage == client.WorkerDeploymentVersionDrainageStatusDraining:
		one.State = VersionDraining
	case drainage == client.WorkerDeploymentVersionDrainageStatusDrained:
		one.State = VersionDrained
	}
	return one, nil
}

// is tells a version by its build id; none is that of workers without one.
func is(version *worker.WorkerDeploymentVersion, buildID string) bool {
	if version == nil {
		return buildID == Unversioned
	}
	return version.BuildID == buildID
}

// pollerAge is when a worker that asked for work no more has gone: a worker that
// waits asks again each minute.
const pollerAge = 75 * time.Second

// polling counts the workers of each version.
func (v *Versions) polling(ctx context.Context) (map[string]int, error) {
	queue, err := v.client.DescribeTaskQueue(ctx, workflows.QueueOrder, enums.TASK_QUEUE_TYPE_WORKFLOW)
	if err != nil {
		return nil, fmt.Errorf("describe task queue: %w", err)
	}
	counted := map[string]int{}
	for _, p := range queue.GetPollers() {
		if time.Since(p.GetLastAccessTime().AsTime()) > pollerAge {
			continue
		}
		buildID := Unversioned
		if o := p.GetDeploymentOptions(); o.GetWorkerVersioningMode() == enums.WORKER_VERSIONING_MODE_VERSIONED {
			buildID = o.GetBuildId()
		}
		counted[buildID]++
	}
	return counted, nil
}
