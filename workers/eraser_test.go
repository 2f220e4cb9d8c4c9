package workers_test

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/services/user"
	"github.com/skaldhq/skald/workers"
)

// doomed are payload keys of users who were deleted.
type doomed struct {
	user.PayloadKeyChores
	keys   []user.PayloadKey
	age    time.Duration // of the oldest
	erased []string
}

func (d *doomed) DoomedPayloadKeys(_ context.Context, _ time.Duration, after string, _ int) ([]user.PayloadKey, error) {
	if after != "" {
		return nil, nil
	}
	return d.keys, nil
}

func (d *doomed) OldestDoomedPayloadKey(context.Context) (time.Duration, error) { return d.age, nil }

func (d *doomed) ErasePayloadKey(_ context.Context, keyID string) error {
	d.erased = append(d.erased, keyID)
	return nil
}

// running is a Temporal with a run for one query.
type running struct {
	client.Client
	query string
}

func (r running) CountWorkflow(_ context.Context, request *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	answer := &workflowservice.CountWorkflowExecutionsResponse{}
	if request.GetQuery() == r.query {
		answer.Count = 1
	}
	return answer, nil
}

// TestErase: a saga of a deleted user holds up the erasure of their key, if it began
// while that was in use. What waits is overdue only past the time that all get.
func TestErase(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 1, 2, 3, 4000, time.UTC)
	keys := &doomed{keys: []user.PayloadKey{{ID: "upk_1", UserID: "usr_1", DoomedAt: &at}, {ID: "upk_2", UserID: "usr_2", DoomedAt: &at}}, age: 90 * time.Minute}
	metrics := prometheus.NewRegistry()
	c := running{query: "UserId = 'usr_1' AND ExecutionStatus = 'Running' AND StartTime < '2026-11-22T01:03:03.000004Z'"}
	eraser := workers.NewEraser(c, keys, time.Hour, metrics)
	overdue := func() float64 {
		families, err := metrics.Gather()
		require.NoError(t, err)
		require.Len(t, families, 1)
		require.Equal(t, workers.MetricKeysOverdue, families[0].GetName())
		return families[0].GetMetric()[0].GetGauge().GetValue()
	}
	n, err := eraser.Erase(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, []string{"upk_2"}, keys.erased)
	require.InDelta(t, 1800, overdue(), 0)
	keys.age = 30 * time.Minute
	_, err = eraser.Erase(t.Context())
	require.NoError(t, err)
	require.Zero(t, overdue())
}
