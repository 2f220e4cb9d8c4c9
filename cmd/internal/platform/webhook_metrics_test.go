package platform

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/telemetry"
	"github.com/skaldhq/skald/services/notification"
)

// TestWebhooksAreTold: the log says which delivery failed and what stood behind it, and
// nothing that the integrator wrote.
func TestWebhooksAreTold(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&logged, nil))
	metrics, err := telemetry.New(log)
	require.NoError(t, err)
	tell := (&Platform{log: log, metrics: metrics}).tellWebhooks()
	told := func(status notification.WebhookDeliveryStatus, reason string, cause error) {
		tell(t.Context(), notification.WebhookTold{
			DeliveryID: "whd_1", EndpointID: "whe_1", WebhookOutcome: notification.WebhookOutcome{Status: status, Reason: reason}, Cause: cause,
		})
	}
	told(notification.WebhookDelivered, "", nil)
	require.Empty(t, logged.String())
	told(notification.WebhookPending, "unreachable", fmt.Errorf("%w: %w", errors.New("no answer"), &url.Error{Op: "Post", URL: "https://shop.example/token", Err: syscall.ECONNREFUSED}))
	for _, want := range []string{"whd_1", "whe_1", "unreachable", "connection refused"} {
		require.Contains(t, logged.String(), want)
	}
	require.NotContains(t, logged.String(), "token")
	told(notification.WebhookPending, "http_503", nil)
	told(notification.WebhookPending, "http_599", nil)

	counted := map[string]float64{}
	families, err := metrics.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() == metricWebhooks {
			for _, m := range f.GetMetric() {
				if n := m.GetCounter().GetValue(); n > 0 {
					counted[m.GetLabel()[1].GetValue()+" "+m.GetLabel()[0].GetValue()] = n
				}
			}
		}
	}
	require.Equal(t, map[string]float64{"delivered ": 1, "pending unreachable": 1, "pending http_5xx": 2}, counted)
}
