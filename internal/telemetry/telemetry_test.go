package telemetry_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/telemetry"
)

// TestMetrics: what the SDK counts and times is served, each process's own. What sagas
// count is one series, wherever it was counted.
func TestMetrics(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	m, err := telemetry.New(slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err)
	tagged := m.Temporal().WithTags(map[string]string{"saga": "PlaceOrder", "step": "VoidPayment"})
	tagged.Counter("skald_saga_parked").Inc(0) // declared
	inRun := tagged.WithTags(map[string]string{"namespace": "default", "task_queue": "order", "workflow_type": "PlaceOrder"})
	inRun.Counter("skald_saga_parked").Inc(1)
	inRun.Counter("skald_saga_parked").Inc(2)
	inRun.Timer("skald_saga_duration").Record(20 * time.Millisecond)
	inRun.Counter("temporal_request").Inc(1)
	m.Temporal().Timer("temporal_request_latency").Record(20 * time.Millisecond)
	m.Temporal().Gauge("temporal_num_pollers").Update(5)

	served := serve(t, m)
	require.Contains(t, served, `skald_saga_parked_total{saga="PlaceOrder",step="VoidPayment"} 3`+"\n")
	require.Contains(t, served, `skald_saga_duration_seconds_bucket{saga="PlaceOrder",step="VoidPayment",le="0.025"} 1`+"\n")
	require.Contains(t, served, `temporal_request_total{namespace="default",saga="PlaceOrder",step="VoidPayment",task_queue="order",`)
	require.Contains(t, served, `temporal_request_latency_seconds_bucket{le="0.01"} 0`+"\n")
	require.Contains(t, served, `temporal_request_latency_seconds_bucket{le="0.025"} 1`+"\n")
	require.Contains(t, served, "temporal_num_pollers 5\n")
	require.Contains(t, served, "go_goroutines ")

	other, err := telemetry.New(slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.NotContains(t, serve(t, other), "skald_saga_parked")

	m.Temporal().Counter("no name of a metric").Inc(1)
	require.Contains(t, log.String(), "no name of a metric")
}

func serve(t *testing.T, m *telemetry.Metrics) string {
	t.Helper()
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, answer.Code)
	return answer.Body.String()
}
