package watched_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/prom"
)

// asked is a query of a dashboard or an alert, and where it is.
type asked struct{ where, expr string }

// TestQueries: what dashboards and alerts ask is answered by the metrics of a
// platform that works. A panel shows something; an alert is silent, and would not be
// for want of its metric. When each fires, TestAlerts of test/prom tells.
func TestQueries(t *testing.T) {
	t.Parallel()
	b := &bench{platform.Split(t)}
	server, now := prom.New(t), time.Now()
	product := b.Product(1999, 100)
	b.Get(b.Buy(b.Basket(product, 1, visa), http.StatusCreated).OrderID())
	b.Buy(b.Basket(product, 1, declined), http.StatusPaymentRequired)
	b.requireMetrics("order", "skald_reconcile_last_round_timestamp_seconds [1-9]", `skald_saga_compensations_total\{.*step="ReserveStock".*\} [1-9]`)
	b.requireTold(1)
	b.scrape(server, now.Add(-time.Minute))
	for range 5 {
		b.Get(b.Buy(b.Basket(product, 1, visa), http.StatusCreated).OrderID())
	}
	b.Buy(b.Basket(product, 1, declined), http.StatusPaymentRequired)
	b.requireMetrics("order", `skald_saga_duration_seconds_count\{.*outcome="compensated".*\} 2`)
	b.requireTold(6)
	b.scrape(server, now)

	for _, q := range dashboards(t) {
		n, err := server.Ask(t.Context(), q.expr, now)
		require.NoError(t, err, q.where)
		require.True(t, n > 0 || notYet(q.expr), "%s shows nothing: %s", q.where, q.expr)
		requireKnown(t, server, q, now)
	}
	for _, a := range alerts(t) {
		q := asked{a.Name, a.Expr}
		n, err := server.Ask(t.Context(), q.expr, now)
		require.NoError(t, err, q.where)
		require.True(t, n == 0 || byClock(q.expr), "%s: %s", q.where, q.expr)
		requireKnown(t, server, q, now)
	}
}

// requireKnown: every metric that a query names is told by somebody.
func requireKnown(t *testing.T, server *prom.Server, q asked, at time.Time) {
	t.Helper()
	selectors, err := server.Selectors(q.expr)
	require.NoError(t, err, q.where)
	for _, metric := range selectors {
		n, err := server.Ask(t.Context(), metric, at)
		require.NoError(t, err, q.where)
		require.True(t, n > 0 || notYet(metric), "%s asks for what nobody tells: %s", q.where, metric)
	}
}

// notYet tells of what there is only once something went wrong.
func notYet(expr string) bool {
	return strings.Contains(expr, `status=~"5.."`) || strings.Contains(expr, `status="202"`) || strings.Contains(expr, "temporal_request_failure_total")
}

// byClock tells of what depends on how busy this machine is: how long something took.
func byClock(expr string) bool {
	return strings.Contains(expr, "histogram_quantile") || strings.Contains(expr, "_bucket") || strings.Contains(expr, "_lag")
}

// requireTold waits until so many confirmed orders came to the consumers, of which the
// first mails are sent; fewer than ten.
func (b *bench) requireTold(orders int) {
	b.Helper()
	b.requireMetrics("notification",
		fmt.Sprintf(`skald_consumer_consumed_total\{consumer="skald.notifications",.*type="order.confirmed"\} [%d-9]`, orders),
		fmt.Sprintf(`skald_consumer_consumed_total\{consumer="skald.webhooks",.*type="order.confirmed"\} [%d-9]`, orders),
		`skald_notifications_total\{.*status="sent".*\} [1-9]`,
		`skald_consumer_lag\{consumer="skald.notifications"`, `skald_consumer_lag\{consumer="skald.webhooks"`)
}

// requireMetrics waits until a process serves metrics like these.
func (b *bench) requireMetrics(process string, patterns ...string) {
	b.Helper()
	for _, pattern := range patterns {
		like := regexp.MustCompile(pattern)
		require.Eventually(b, func() bool { return like.Match(b.Fetch(process, "/metrics")) }, 2*time.Minute, 200*time.Millisecond, pattern)
	}
}

// scrape keeps what every process serves, with the labels that prometheus.yml gives.
func (b *bench) scrape(server *prom.Server, at time.Time) {
	b.Helper()
	for _, p := range b.Stack.Processes {
		target := map[string]string{"job": "skald", "role": p.Name, "instance": strings.TrimPrefix(p.URL, "http://")}
		require.NoError(b, server.Scrape(b.Context(), b.Fetch(p.Name, "/metrics"), at, target))
	}
}

// dashboards gives what their panels ask.
func dashboards(t *testing.T) (all []asked) {
	t.Helper()
	files, err := filepath.Glob("../../deploy/grafana/dashboards/*.json")
	require.NoError(t, err)
	require.Len(t, files, 3)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		var board struct {
			Panels []struct {
				Title   string
				Targets []struct{ Expr string }
			}
		}
		require.NoError(t, json.Unmarshal(raw, &board))
		for _, panel := range board.Panels {
			require.NotEmpty(t, panel.Targets, panel.Title)
			for _, target := range panel.Targets {
				all = append(all, asked{filepath.Base(file) + ": " + panel.Title, strings.ReplaceAll(target.Expr, "$__rate_interval", "2m")})
			}
		}
	}
	return all
}

// alerts gives the rules, and holds them to telling what to do.
func alerts(t *testing.T) []prom.Alert {
	t.Helper()
	all, err := prom.Alerts("../../deploy/prometheus/alerts.yaml")
	require.NoError(t, err)
	const runbook = "https://github.com/skaldhq/skald/blob/main/docs/operations.md#"
	for _, a := range all {
		require.Contains(t, []string{"page", "ticket"}, a.Labels["severity"], a.Name)
		require.NotEmpty(t, a.Annotations["summary"], a.Name)
		require.True(t, strings.HasPrefix(a.Annotations["runbook_url"], runbook), a.Name)
	}
	require.NotEmpty(t, all)
	return all
}
