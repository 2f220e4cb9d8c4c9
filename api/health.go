package api

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// checkTimeout bounds each check of readiness.
const checkTimeout = 2 * time.Second

// Health says that the process is alive.
type Health struct {
	Status string `json:"status" enum:"ok"`
}

// Readiness says what the front door can work with.
type Readiness struct {
	Status string           `json:"status" enum:"ready,degraded"`
	Checks map[string]Check `json:"checks" doc:"What it depends on, by name"`
}

// Check is the state of one dependency.
type Check struct {
	Status string `json:"status" enum:"ok,unavailable"`
}

type healthOutput struct{ Body Health }

type readyOutput struct {
	Status int
	Body   Readiness
}

func (c Config) registerHealth(a huma.API) {
	huma.Register(a, operation("get-health", http.MethodGet, "/health", operations, "Is the process alive?", ""),
		func(context.Context, *struct{}) (*healthOutput, error) {
			return &healthOutput{Body: Health{Status: "ok"}}, nil
		})
	ready := operation("get-readiness", http.MethodGet, "/ready", operations, "Can the front door work?",
		"503 while anything that it depends on does not answer.")
	ready.Responses = map[string]*huma.Response{"503": {
		Description: "Something does not answer",
		Content:     map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Ref: "#/components/schemas/Readiness"}}},
	}}
	huma.Register(a, ready, c.ready)
}

func (c Config) ready(ctx context.Context, _ *struct{}) (*readyOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	checks := map[string]func(context.Context) error{
		"user": c.Users.Ready, "product": c.Products.Ready, "pricing": c.Prices.Ready, "inventory": c.Stock.Ready,
		"order": c.Orders.Ready, "payment": c.Payments.Ready, "temporal": c.Sagas.Ready,
	}
	out := &readyOutput{Status: http.StatusOK, Body: Readiness{Status: "ready", Checks: map[string]Check{}}}
	var mu sync.Mutex
	var all sync.WaitGroup
	for name, check := range checks {
		all.Go(func() {
			err := check(ctx)
			mu.Lock()
			defer mu.Unlock()
			out.Body.Checks[name] = Check{Status: "ok"}
			if err != nil {
				out.Body.Checks[name] = Check{Status: "unavailable"}
				out.Status, out.Body.Status = http.StatusServiceUnavailable, "degraded"
			}
		})
	}
	all.Wait()
	return out, nil
}
