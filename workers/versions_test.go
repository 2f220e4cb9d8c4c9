package workers_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/skaldhq/skald/workers"
)

// routing is a Temporal that routes new sagas.
type routing struct {
	client.WorkerDeploymentHandle

	current string // the current version; empty: none
	err     error
}

func (r routing) Describe(context.Context, client.WorkerDeploymentDescribeOptions) (found client.WorkerDeploymentDescribeResponse, err error) {
	if r.current != "" {
		found.Info.RoutingConfig.CurrentVersion = &worker.WorkerDeploymentVersion{DeploymentName: workers.Deployment, BuildID: r.current}
	}
	return found, r.err
}

// versions are those of that Temporal.
func (r routing) versions() *workers.Versions {
	return workers.NewVersions(routed{routing: r}, "default")
}

type routed struct {
	client.Client

	routing routing
}

func (r routed) WorkerDeploymentClient() client.WorkerDeploymentClient {
	return deployments{routing: r.routing}
}

type deployments struct {
	client.WorkerDeploymentClient

	routing routing
}

func (d deployments) GetHandle(string) client.WorkerDeploymentHandle { return d.routing }

// TestTakes: new sagas begin on the current version, and workers without a version
// take what they get, whoever is asked.
func TestTakes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		at      routing
		buildID string
		takes   bool
	}{
		"current":            {routing{current: "v1"}, "v1", true},
		"another is":         {routing{current: "v1"}, "v2", false},
		"none is":            {routing{}, "v1", false},
		"nobody asked yet":   {routing{err: serviceerror.NewNotFound("no such deployment")}, "v1", false},
		"without a version":  {routing{err: errors.New("down")}, "", true},
		"beside the current": {routing{current: "v1"}, "", true},
	} {
		takes, err := test.at.versions().Takes(t.Context(), test.buildID)
		require.NoError(t, err, name)
		require.Equal(t, test.takes, takes, name)
	}
	_, err := routing{err: errors.New("down")}.versions().Takes(t.Context(), "v1")
	require.ErrorContains(t, err, "describe deployment: down")
}
