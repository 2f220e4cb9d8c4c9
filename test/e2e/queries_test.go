package e2e_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/skaldhq/skald/test/prom"
)

// asked is a query of a dashboard or an alert, and where it is.
type asked struct{ where, expr string }

// TestQueries: what dashboards and alerts ask is answered by the metrics of a
// platform that works. A panel shows something; an alert is silent, and would not be
// for want of its metric.
func TestQueries(t *testing.T) {
	t.Parallel()
	b := startSplit(t)
	server, now := prom.New(t), time.Now()
	product := b.product(1999, 100)
	b.get(b.place(b.order(product, 1, visa), http.StatusCreated).OrderID())
	b.place(b.order(product, 1, declined), http.StatusPaymentRequired)
	b.requireMetrics("order", "skald_reconcile_last_round_timestamp_seconds [1-9]", `skald_saga_compensations_total\{.*step="ReserveStock".*\} [1-9]`)
	b.scrape(server, now.Add(-time.Minute))
	for range 5 {
		b.get(b.place(b.order(product, 1, visa), http.StatusCreated).OrderID())
	}
	b.place(b.order(product, 1, declined), http.StatusPaymentRequired)
	b.requireMetrics("order", `skald_saga_duration_seconds_count\{.*outcome="compensated".*\} 2`)
	b.scrape(server, now)

	for _, q := range dashboards(t) {
		n, err := server.Ask(t.Context(), q.expr, now)
		require.NoError(t, err, q.where)
		require.True(t, n > 0 || notYet(q.expr), "%s shows nothing: %s", q.where, q.expr)
	}
	for _, q := range alerts(t) {
		n, err := server.Ask(t.Context(), q.expr, now)
		require.NoError(t, err, q.where)
		require.Zero(t, n, "%s: %s", q.where, q.expr)
		selectors, err := server.Selectors(q.expr)
		require.NoError(t, err, q.where)
		for _, metric := range selectors {
			n, err := server.Ask(t.Context(), metric, now)
			require.NoError(t, err, q.where)
			require.True(t, n > 0 || notYet(metric), "%s asks for what nobody tells: %s", q.where, metric)
		}
	}
}

// notYet tells of what there is only once something went wrong, and of what is told by
// a process that this platform does not have.
func notYet(expr string) bool {
	return strings.Contains(expr, `status=~"5.."`) || strings.Contains(expr, "skald_consumer_") || strings.Contains(expr, "skald_webhooks_")
}

// requireMetrics waits until a process serves metrics like these.
func (b *bench) requireMetrics(process string, patterns ...string) {
	b.Helper()
	for _, pattern := range patterns {
		like := regexp.MustCompile(pattern)
		require.Eventually(b, func() bool { return like.Match(b.fetch(process, "/metrics")) }, 2*time.Minute, 200*time.Millisecond, pattern)
	}
}

// scrape keeps what every process serves, with the labels that prometheus.yml gives.
func (b *bench) scrape(server *prom.Server, at time.Time) {
	b.Helper()
	for _, p := range b.stack.Processes {
		target := map[string]string{"job": "skald", "role": p.Name, "instance": strings.TrimPrefix(p.URL, "http://")}
		require.NoError(b, server.Scrape(b.Context(), b.fetch(p.Name, "/metrics"), at, target))
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

// alerts gives what they ask, and holds them to telling what to do.
func alerts(t *testing.T) (all []asked) {
	t.Helper()
	raw, err := os.ReadFile("../../deploy/prometheus/alerts.yaml")
	require.NoError(t, err)
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr         string
				Labels, Annotations map[string]string
			}
		}
	}
	require.NoError(t, yaml.Unmarshal(raw, &file))
	const runbook = "https://github.com/skaldhq/skald/blob/main/docs/operations.md#"
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			require.True(t, slices.Contains([]string{"page", "ticket"}, rule.Labels["severity"]), rule.Alert)
			require.NotEmpty(t, rule.Annotations["summary"], rule.Alert)
			require.True(t, strings.HasPrefix(rule.Annotations["runbook_url"], runbook), rule.Alert)
			all = append(all, asked{rule.Alert, rule.Expr})
		}
	}
	require.NotEmpty(t, all)
	return all
}
