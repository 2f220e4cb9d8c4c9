package prom_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/prom"
)

// scene is two hours of a platform, in samples a minute apart: how it differs from one
// that is well, and which alerts fire at its end.
type scene struct {
	what   string
	series map[string]string
	fires  []string
}

const (
	steady  = "0+10x120"
	nothing = "0x120"
)

// well is what a platform tells that is well: customers who have to confirm a payment
// are answered at once with 202, four old dead letters are nobody's concern.
func well() map[string]string {
	return map[string]string{
		`skald_sagas_parked`:                           nothing,
		`skald_discrepancies_open{kind="money_kept"}`:  nothing,
		`skald_sagas_run_again_failed_total`:           nothing,
		`skald_reconcile_last_round_timestamp_seconds`: "0+60x120",

		bucket("POST /v1/orders", "201", "1"): steady, bucket("POST /v1/orders", "201", "5"): steady,
		bucket("POST /v1/orders", "201", "10"): steady, bucket("POST /v1/orders", "201", "+Inf"): steady,
		bucket("POST /v1/orders", "202", "1"): steady, bucket("POST /v1/orders", "202", "5"): steady,
		bucket("POST /v1/orders", "202", "10"): steady, bucket("POST /v1/orders", "202", "+Inf"): steady,
		requests("POST /v1/orders", "201"): steady, requests("POST /v1/orders", "202"): steady,
		bucket(reading, "200", "0.5"): steady, bucket(reading, "200", "2.5"): steady, bucket(reading, "200", "+Inf"): steady,
		requests(reading, "200"): steady, requests(reading, "404"): steady, requests(reading, "503"): nothing,

		`skald_requests_not_counted_total`: nothing,

		closed:                  "1x120",
		provider("ok"):          steady,
		provider("declined"):    steady,
		provider("unavailable"): nothing,
		lag:                     "1x120",
		`skald_consumer_lag{consumer="mail",topic="orders"}`: "3x120",
		deadLetters:                          "4x120",
		consumed:                             steady,
		`skald_notifications_oldest_seconds`: "2x120",
		`skald_webhooks_total{status="delivered",reason=""}`:          steady,
		`skald_webhooks_total{status="pending",reason="unreachable"}`: "0+1x120",
		`skald_webhooks_oldest_seconds`:                               "1x120",
		`skald_payloads_not_opened_total{reason="unknown_key"}`:       nothing,
		`skald_payloads_not_opened_total{reason="unanswered"}`:        nothing,
		`skald_payloads_not_opened_total{reason="erased"}`:            nothing,
		`skald_payload_keys_overdue_seconds`:                          "0x120",

		user("a"): "1x120", user("b"): "1x120", `up{job="skald",role="gateway",instance="c"}`: "1x120",
		polling: "5x120",
		`temporal_request_total{operation="StartWorkflowExecution"}`:              steady,
		`temporal_request_failure_total{operation="x",status_code="NOT_FOUND"}`:   "0+9x120",
		`temporal_request_failure_total{operation="x",status_code="UNAVAILABLE"}`: nothing,
		`temporal_request_failure_total{operation="x",status_code="ABORTED"}`:     nothing,
		waiting("1"): steady, waiting("5"): steady, waiting("+Inf"): steady,
	}
}

const (
	reading     = "GET /v1/orders/{order_id}"
	closed      = `skald_breaker_state{role="gateway",service="product",state="closed"}`
	lag         = `skald_outbox_lag_seconds{service="order"}`
	deadLetters = `skald_consumer_dead_letters{consumer="mail"}`
	consumed    = `skald_consumer_consumed_total{consumer="mail",outcome="done"}`
	polling     = `temporal_num_pollers{task_queue="user",poller_type="activity_task",instance="a"}`
)

func bucket(route, status, le string) string {
	return `skald_http_request_duration_seconds_bucket{route="` + route + `",status="` + status + `",le="` + le + `"}`
}

func requests(route, status string) string {
	return `skald_http_request_duration_seconds_count{route="` + route + `",status="` + status + `"}`
}

func provider(outcome string) string {
	return `skald_provider_duration_seconds_count{outcome="` + outcome + `"}`
}

func user(instance string) string {
	return `up{job="skald",role="user",instance="` + instance + `"}`
}

func waiting(le string) string {
	return `temporal_activity_schedule_to_start_latency_seconds_bucket{task_queue="user",le="` + le + `"}`
}

func scenes() []scene {
	return []scene{
		{"all is well", nil, nil},
		{"a saga is parked", map[string]string{`skald_sagas_parked`: "0x109 1x10"}, []string{"SagaParked"}},
		{"a saga was parked for a moment", map[string]string{`skald_sagas_parked`: "0x110 1 1 0x7"}, nil},
		{"the first discrepancy", map[string]string{`skald_discrepancies_open{kind="money_kept"}`: "0x118 1 1"}, []string{"DiscrepanciesOpen"}},
		{"a discrepancy of an hour ago that nobody looked at", map[string]string{`skald_discrepancies_open{kind="money_kept"}`: "0x59 1x60"}, []string{"DiscrepanciesOpen"}},
		{"a discrepancy that was repaired", map[string]string{`skald_discrepancies_open{kind="money_kept"}`: "0x59 1x58 0 0"}, nil},
		{"a saga can never run again", map[string]string{`skald_sagas_run_again_failed_total`: "0x79 0+1x40"}, []string{"SagasNotRunAgain"}},
		{"a saga could run again a round later", map[string]string{`skald_sagas_run_again_failed_total`: "0x109 1x10"}, nil},
		{"no round comes to its end", map[string]string{`skald_reconcile_last_round_timestamp_seconds`: "0+60x59 3600x60"}, []string{"ReconcilerStopped"}},
		{"nobody tells of rounds", map[string]string{`skald_reconcile_last_round_timestamp_seconds`: "0+60x79 _x40"}, []string{"ReconcilerStopped"}},
		{"orders are slow", map[string]string{
			bucket("POST /v1/orders", "201", "1"): nothing, bucket("POST /v1/orders", "201", "5"): nothing,
		}, []string{"OrdersSlow"}},
		{"Temporal is away", map[string]string{
			bucket("POST /v1/orders", "202", "1"): nothing, bucket("POST /v1/orders", "202", "5"): nothing, bucket("POST /v1/orders", "202", "10"): nothing,
			`temporal_request_failure_total{operation="x",status_code="UNAVAILABLE"}`: "0+9x120",
		}, []string{"OrdersSlow", "OrdersUndecided", "TemporalDown"}},
		{"nobody answers with users' keys", map[string]string{
			bucket("POST /v1/orders", "202", "1"): nothing, bucket("POST /v1/orders", "202", "5"): nothing, bucket("POST /v1/orders", "202", "10"): nothing,
			`temporal_request_failure_total{operation="x",status_code="ABORTED"}`: "0+9x120",
			`skald_payloads_not_opened_total{reason="unanswered"}`:                "0x99 0+3x20",
		}, []string{"OrdersSlow", "OrdersUndecided", "PayloadsNotOpened"}},
		{"requests fail", map[string]string{requests(reading, "503"): "0+2x120"}, []string{"ErrorRate"}},
		{"reads are slow", map[string]string{bucket(reading, "200", "0.5"): nothing}, []string{"RequestsSlow"}},
		{"nobody counts requests", map[string]string{`skald_requests_not_counted_total`: "0x99 0+3x20"}, []string{"LimitsOff"}},
		{"nobody counted for a moment", map[string]string{`skald_requests_not_counted_total`: "0x110 3x9"}, nil},
		{"a breaker does not close", map[string]string{closed: "1x114 0x5"}, []string{"BreakerOpen"}},
		{"a breaker was open for a moment", map[string]string{closed: "1x117 0 1 1"}, nil},
		{"the provider fails", map[string]string{provider("unavailable"): "0+3x120"}, []string{"ProviderFailing"}},
		{"events wait in an outbox", map[string]string{lag: "1x109 100x10"}, []string{"OutboxLag"}},
		{"events wait for a consumer", map[string]string{`skald_consumer_lag{consumer="mail",topic="orders"}`: "3x99 5000x20"}, []string{"ConsumerLag"}},
		{"a consumer stands still", map[string]string{consumed: "0+10x70 700x49"}, []string{"ConsumerStuck"}},
		{"mail waits", map[string]string{`skald_notifications_oldest_seconds`: "2x99 700x20"}, []string{"NotificationsWait"}},
		{"webhooks are not taken", map[string]string{`skald_webhooks_total{status="pending",reason="unreachable"}`: "0+30x120"}, []string{"WebhooksFail"}},
		{"webhooks are late", map[string]string{`skald_webhooks_oldest_seconds`: "1x99 2000x20"}, []string{"WebhooksLate"}},
		{"a key is missing", map[string]string{`skald_payloads_not_opened_total{reason="unknown_key"}`: "0x99 0+3x20"}, []string{"PayloadsNotOpened"}},
		{"a key was missing for a moment", map[string]string{`skald_payloads_not_opened_total{reason="unknown_key"}`: "0x109 1x10"}, nil},
		{"payloads of who was erased", map[string]string{`skald_payloads_not_opened_total{reason="erased"}`: "0x99 0+3x20"}, nil},
		{"an erasure is held up", map[string]string{`skald_payload_keys_overdue_seconds`: "0x99 300000x20"}, []string{"PayloadKeysOverdue"}},
		{"another dead letter", map[string]string{deadLetters: "4x118 5 5"}, []string{"DeadLetters"}},
		{"one of two processes does not answer", map[string]string{user("a"): "1x99 0x20"}, []string{"ProcessDown"}},
		{"one of two processes is scaled away", map[string]string{user("a"): "1x99 _x20"}, nil},
		{"a service is scaled away", map[string]string{user("a"): "1x99 _x20", user("b"): "1x99 _x20", polling: "5x99 _x20"}, []string{"NobodyPolls", "ServiceDown"}},
		{"a worker does not poll", map[string]string{polling: "5x109 0x10"}, []string{"NobodyPolls"}},
		{"tasks wait", map[string]string{waiting("1"): nothing}, []string{"Backlog"}},
	}
}

// TestAlerts: each alert fires in the trouble that it is about, and in no other.
func TestAlerts(t *testing.T) {
	t.Parallel()
	alerts, err := prom.Alerts("../../deploy/prometheus/alerts.yaml")
	require.NoError(t, err)
	fired := map[string]bool{}
	for _, s := range scenes() {
		server, begin, told := prom.New(t), time.Unix(0, 0), well()
		for series := range s.series {
			require.Contains(t, told, series, s.what)
		}
		maps.Copy(told, s.series)
		for series, values := range told {
			require.NoError(t, server.Load(t.Context(), series+" "+values, begin))
		}
		var fires []string
		for _, a := range alerts {
			is, err := server.Fires(t.Context(), a, begin.Add(2*time.Hour))
			require.NoError(t, err, a.Name)
			if is {
				fires, fired[a.Name] = append(fires, a.Name), true
			}
		}
		require.ElementsMatch(t, s.fires, fires, s.what)
	}
	for _, a := range alerts {
		require.True(t, fired[a.Name], "%s fires in no scene", a.Name)
	}
}

// TestLongWait: as long as a saga waits for its key somebody is told, though Temporal
// gives its task again ever less often, at last each ten minutes.
func TestLongWait(t *testing.T) {
	t.Parallel()
	alerts, err := prom.Alerts("../../deploy/prometheus/alerts.yaml")
	require.NoError(t, err)
	missing := alerts[slices.IndexFunc(alerts, func(a prom.Alert) bool { return a.Name == "PayloadsNotOpened" })]
	given := []int{0, 10, 20, 30, 45, 65, 95, 145, 235, 405, 735} // seconds after the first time
	for last := 1345; last < 2*3600; last += 610 {
		given = append(given, last)
	}
	series := `skald_payloads_not_opened_total{reason="unknown_key"} 0`
	for minute := range 120 {
		n, _ := slices.BinarySearch(given, minute*60+1)
		series += fmt.Sprintf(" %d", n)
	}
	server, begin := prom.New(t), time.Unix(0, 0)
	require.NoError(t, server.Load(t.Context(), series, begin))
	for minute := 9; minute <= 120; minute++ {
		is, err := server.Fires(t.Context(), missing, begin.Add(time.Duration(minute)*time.Minute))
		require.NoError(t, err)
		require.True(t, is, "after %d minutes", minute)
	}
}
