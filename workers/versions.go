package workers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// Deployment is the worker deployment that the order workers are versions of, by
// their build ids. The workers of the other services have none: any version may call
// their activities, and DeliverWebhook, the notification service's own, has to replay.
const Deployment = "skald-order"

// versioning pins a saga to the version that it began with.
func versioning(buildID string) worker.DeploymentOptions {
	if buildID == "" {
		return worker.DeploymentOptions{}
	}
	return worker.DeploymentOptions{
		UseVersioning:             true,
		Version:                   worker.WorkerDeploymentVersion{DeploymentName: Deployment, BuildID: buildID},
		DefaultVersioningBehavior: workflow.VersioningBehaviorPinned,
	}
}

// Versions is what operators see and do of the versions of the order workers.
type Versions struct {
	client    client.Client
	namespace string
	handle    client.WorkerDeploymentHandle
}

// NewVersions returns the versions in a namespace of Temporal.
func NewVersions(c client.Client, namespace string) *Versions {
	return &Versions{client: c, namespace: namespace, handle: c.WorkerDeploymentClient().GetHandle(Deployment)}
}

// joinPause is between two looks at a deployment that is not there yet.
const joinPause = 500 * time.Millisecond

// Join makes a version current where none ever was, so that a fresh platform
// works. From then on operators promote. It returns once a version is current,
// and tells the log if it is another.
func (v *Versions) Join(ctx context.Context, log *slog.Logger, buildID string) {
	for ctx.Err() == nil {
		current, err := v.first(ctx, buildID)
		switch {
		case err == nil && current == buildID:
			log.InfoContext(ctx, "this version takes new sagas", "build_id", buildID)
			return
		case err == nil:
			log.WarnContext(ctx, "another version takes new sagas: promote this one with skald ops versions promote", "build_id", buildID, "current", current)
			return
		case !errors.Is(err, errNotJoined) && ctx.Err() == nil:
			log.WarnContext(ctx, "versions of the order workers", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(joinPause):
		}
	}
}

// errNotJoined: no worker of the version has asked for work yet.
var errNotJoined = errors.New("no worker of the version has asked for work yet")

// first promotes a version if none ever was, and gives the current one.
func (v *Versions) first(ctx context.Context, buildID string) (current string, err error) {
	found, err := v.handle.Describe(ctx, client.WorkerDeploymentDescribeOptions{})
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return "", errNotJoined
	}
	if err != nil {
		return "", fmt.Errorf("describe deployment: %w", err)
	}
	routing := found.Info.RoutingConfig
	if routing.CurrentVersion != nil {
		return routing.CurrentVersion.BuildID, nil
	}
	if !routing.CurrentVersionChangedTime.IsZero() {
		return Unversioned, nil // somebody went back to workers without a version
	}
	_, err = v.handle.SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: buildID, ConflictToken: found.ConflictToken})
	var early *serviceerror.FailedPrecondition
	if errors.As(err, &early) || errors.As(err, &none) { // it has not polled, or another was faster
		return "", errNotJoined
	}
	if err != nil {
		return "", fmt.Errorf("promote version %s: %w", buildID, err)
	}
	return buildID, nil
}

// Takes tells whether new sagas begin on a version's workers. Those without one take
// what they get: an empty build id always does. A share of them does not count.
func (v *Versions) Takes(ctx context.Context, buildID string) (bool, error) {
	if buildID == "" {
		return true, nil
	}
	found, err := v.handle.Describe(ctx, client.WorkerDeploymentDescribeOptions{})
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return false, nil // no worker has asked for work yet: the first one's version will
	}
	if err != nil {
		return false, fmt.Errorf("describe deployment: %w", err)
	}
	current := found.Info.RoutingConfig.CurrentVersion
	return current != nil && current.BuildID == buildID, nil
}

// Promote makes a version current: it takes new sagas from now on. The runs of
// all others go on where they began. Unversioned is a version too.
func (v *Versions) Promote(ctx context.Context, buildID string) error {
	_, err := v.handle.SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: named(buildID)})
	if err != nil {
		return fmt.Errorf("promote version %s: %w", buildID, err)
	}
	return nil
}

// Ramp gives a version a share of the new sagas, in percent; 0 ends that.
func (v *Versions) Ramp(ctx context.Context, buildID string, percent float32) error {
	_, err := v.handle.SetRampingVersion(ctx, client.WorkerDeploymentSetRampingVersionOptions{BuildID: named(buildID), Percentage: percent})
	if err != nil {
		return fmt.Errorf("ramp version %s: %w", buildID, err)
	}
	return nil
}

// named is a build id as Temporal takes it.
func named(buildID string) string {
	if buildID == Unversioned {
		return ""
	}
	return buildID
}
