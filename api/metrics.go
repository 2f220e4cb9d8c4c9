package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are the front door's own, in the registry of its process.
type metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.HistogramVec
	uncounted prometheus.Counter
}

func newMetrics(registry *prometheus.Registry) *metrics {
	m := &metrics{
		registry: registry,
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "skald_http_request_duration_seconds", Help: "Requests by route and status.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route", "status"}),
		uncounted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "skald_requests_not_counted_total", Help: "Requests that no rate limit held, because nobody could count them.",
		}),
	}
	m.registry.MustRegister(m.requests, m.uncounted)
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// observe counts a request, but not those that come every few seconds: they would
// hide how many of the others fail. Of an answer that streams, for as long as its client
// likes, the time until it began is what tells something.
func (m *metrics) observe(r *http.Request, status int, took time.Duration) {
	if routine(r) {
		return
	}
	if opened := requestOf(r.Context()).opened; !opened.IsZero() {
		took -= time.Since(opened)
	}
	m.requests.WithLabelValues(route(r), strconv.Itoa(status)).Observe(took.Seconds())
}
