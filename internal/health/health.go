// Package health tells whether a process is alive, and how what it depends on
// stands.
package health

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// timeout bounds each look.
const timeout = 2 * time.Second

// Alive says that the process is.
type Alive struct {
	Status string `json:"status" enum:"ok"`
}

// Readiness says what a process can work with.
type Readiness struct {
	Status string           `json:"status" enum:"ready,degraded"`
	Checks map[string]Check `json:"checks" doc:"What it depends on, by name"`
}

// Code is the HTTP status of the answer: 503 while anything does not answer.
func (r Readiness) Code() int {
	if r.Status != "ready" {
		return http.StatusServiceUnavailable
	}
	return http.StatusOK
}

// Check is the state of one dependency.
type Check struct {
	Status  string `json:"status" enum:"ok,unavailable"`
	Breaker string `json:"breaker,omitempty" enum:"closed,open,half_open" doc:"The circuit breaker in front of a service in another process: while it is open nobody is sent there"`
}

// Probe looks at one dependency.
type Probe struct {
	Ready func(context.Context) error
	// Breaker gives the state of the circuit breaker; nil: there is none.
	Breaker func() string
}

// again is how long what was found counts, whoever asks.
const again = 500 * time.Millisecond

// Watch looks at what a process depends on.
type Watch struct {
	probes map[string]Probe
	once   singleflight.Group

	mu    sync.Mutex
	found Readiness
	at    time.Time
}

// NewWatch returns a watch over dependencies, by name.
func NewWatch(probes map[string]Probe) *Watch { return &Watch{probes: probes} }

// Look tells how all dependencies stand, or stood half a second ago. However many
// ask, nobody can wear a dependency out by asking.
func (w *Watch) Look(ctx context.Context) Readiness {
	if found, fresh := w.last(); fresh {
		return found
	}
	found, _, _ := w.once.Do("", func() (any, error) {
		found := look(context.WithoutCancel(ctx), w.probes)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.found, w.at = found, time.Now()
		return found, nil
	})
	return found.(Readiness)
}

func (w *Watch) last() (found Readiness, fresh bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.found, time.Since(w.at) < again
}

// look looks at all dependencies, side by side.
func look(ctx context.Context, probes map[string]Probe) Readiness {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	out := Readiness{Status: "ready", Checks: map[string]Check{}}
	var mu sync.Mutex
	var all sync.WaitGroup
	for name, probe := range probes {
		all.Go(func() {
			check := Check{Status: "ok"}
			if err := probe.Ready(ctx); err != nil {
				check.Status = "unavailable"
			}
			if probe.Breaker != nil {
				check.Breaker = probe.Breaker()
			}
			mu.Lock()
			defer mu.Unlock()
			out.Checks[name] = check
			if check.Status != "ok" {
				out.Status = "degraded"
			}
		})
	}
	all.Wait()
	return out
}

// Mount serves /health and /ready.
func Mount(mux *http.ServeMux, w *Watch) {
	mux.HandleFunc("GET /health", func(out http.ResponseWriter, _ *http.Request) {
		write(out, http.StatusOK, Alive{Status: "ok"})
	})
	mux.HandleFunc("GET /ready", func(out http.ResponseWriter, r *http.Request) {
		found := w.Look(r.Context())
		write(out, found.Code(), found)
	})
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // whoever asked may have gone
}
