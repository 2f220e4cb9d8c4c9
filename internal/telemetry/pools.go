package telemetry

import (
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
)

// pool tells how a pool of connections stands, when it is asked.
type pool struct {
	*pgxpool.Pool

	connections, most, waited, waits *prometheus.Desc
}

// Pool measures a pool of connections to Postgres, which is a service's, or for a
// purpose of its own.
func (m *Metrics) Pool(service, purpose string, p *pgxpool.Pool) {
	of := prometheus.Labels{"service": service, "purpose": purpose}
	m.MustRegister(pool{
		Pool:        p,
		connections: prometheus.NewDesc("skald_db_connections", "Connections to the database, by what they do.", []string{"state"}, of),
		most:        prometheus.NewDesc("skald_db_connections_max", "Connections that there can be at most.", nil, of),
		waited:      prometheus.NewDesc("skald_db_wait_seconds_total", "Time that was spent on waiting for a connection.", nil, of),
		waits:       prometheus.NewDesc("skald_db_waits_total", "How often somebody had to wait for a connection.", nil, of),
	})
}

// Describe tells what there is.
func (p pool) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{p.connections, p.most, p.waited, p.waits} {
		to <- d
	}
}

// Collect tells how it stands.
func (p pool) Collect(to chan<- prometheus.Metric) {
	s := p.Stat()
	gauge := func(d *prometheus.Desc, n int32, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n), labels...)
	}
	gauge(p.connections, s.AcquiredConns(), "busy")
	gauge(p.connections, s.IdleConns(), "idle")
	gauge(p.connections, s.ConstructingConns(), "opening")
	gauge(p.most, s.MaxConns())
	to <- prometheus.MustNewConstMetric(p.waited, prometheus.CounterValue, s.EmptyAcquireWaitTime().Seconds())
	to <- prometheus.MustNewConstMetric(p.waits, prometheus.CounterValue, float64(s.EmptyAcquireCount()))
}
