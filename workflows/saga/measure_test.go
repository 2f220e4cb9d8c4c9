package saga_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/workflows/saga"
)

// counted keeps what the engine measures, by its name and tags.
type counted struct {
	*counts

	tags string
}

type counts struct {
	mu  sync.Mutex
	all map[string]time.Duration
}

func (c counted) add(name string, n time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all[name+c.tags] += n
}

// WithTags adds tags.
func (c counted) WithTags(tags map[string]string) client.MetricsHandler {
	if tags["saga"] == "" { // the SDK's own
		return c
	}
	return counted{c.counts, fmt.Sprintf(" %s %s%s", tags["step"], tags["outcome"], tags["class"])}
}

type counter func(int64)

// Inc counts.
func (c counter) Inc(n int64) { c(n) }

type timer func(time.Duration)

// Record times.
func (c timer) Record(d time.Duration) { c(d) }

type gauge struct{}

// Update is for nobody here.
func (gauge) Update(float64) {}

// Counter counts.
func (c counted) Counter(name string) client.MetricsCounter {
	return counter(func(n int64) { c.add(name, time.Duration(n)) })
}

// Gauge is for nobody here.
func (counted) Gauge(string) client.MetricsGauge { return gauge{} }

// Timer times.
func (c counted) Timer(name string) client.MetricsTimer {
	return timer(func(d time.Duration) { c.add(name, d) })
}

// TestMeasured: a run tells how long it took and how it ended, what it undid, and what
// it parked.
func TestMeasured(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		trip trip
		want map[string]time.Duration
	}{
		{"completed", trip{took: map[string]time.Duration{"car": 3 * time.Second}}, map[string]time.Duration{"skald_saga_duration  completed": 3 * time.Second}},
		{"compensated", trip{fail: map[string]error{"flight": refused("full")}, took: map[string]time.Duration{"car": 2 * time.Second}}, map[string]time.Duration{
			"skald_saga_duration  compensatedrefused": 2 * time.Second,
			"skald_saga_compensations flight ":        1, "skald_saga_compensations hotel ": 1, "skald_saga_compensations car ": 1,
		}},
		{"parked", trip{fail: map[string]error{"mail": errLater}}, map[string]time.Duration{
			"skald_saga_duration  completed": policy.Parked, "skald_saga_parked mail ": 1,
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			kept := counted{counts: &counts{all: map[string]time.Duration{}}}
			var suite testsuite.WorkflowTestSuite
			suite.SetMetricsHandler(kept)
			env := suite.NewTestWorkflowEnvironment()
			env.ExecuteWorkflow(func(ctx workflow.Context) error {
				s, err := saga.New(tc.trip.definition())
				if err == nil {
					_ = s.Run(ctx, &tc.trip) // how it ended is what is measured
				}
				return err
			})
			require.NoError(t, env.GetWorkflowError())
			got := map[string]time.Duration{}
			for name, n := range kept.all {
				if name[:6] == "skald_" {
					got[name] = n
				}
			}
			require.Equal(t, tc.want, got)
		})
	}
}
