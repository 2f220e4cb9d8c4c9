package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/internal/health"
)

type healthOutput struct{ Body health.Alive }

type readyOutput struct {
	Status int
	Body   health.Readiness
}

func (c Config) registerHealth(a huma.API) {
	huma.Register(a, operation("get-health", http.MethodGet, "/health", operations, probes(), "Is the process alive?",
		"Looks at nothing else: for whoever restarts processes."),
		func(context.Context, *struct{}) (*healthOutput, error) {
			return &healthOutput{Body: health.Alive{Status: "ok"}}, nil
		})
	ready := operation("get-readiness", http.MethodGet, "/ready", operations, probes(), "Can the front door work?",
		"503 while anything that it depends on does not answer.")
	ready.Responses = alsoAnswers(http.StatusServiceUnavailable, "Readiness")
	ready.Responses["503"].Description = "Something does not answer"
	huma.Register(a, ready, c.ready)
}

func (c Config) ready(ctx context.Context, _ *struct{}) (*readyOutput, error) {
	found := c.Dependencies.Look(ctx)
	return &readyOutput{Status: found.Code(), Body: found}, nil
}
