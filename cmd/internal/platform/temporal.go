package platform

import (
	"context"
	"fmt"
	"log/slog"

	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/internal/config"
)

// Dial connects a process to Temporal, for commands that ask it only.
func Dial(ctx context.Context, t config.Temporal, log *slog.Logger) (client.Client, error) {
	return dial(ctx, t, log, func(*client.Options) {})
}

// Dial connects the platform to Temporal; more is what else it is told of the
// client.
func (p *Platform) Dial(ctx context.Context, more func(*client.Options)) (client.Client, error) {
	return dial(ctx, p.config.Temporal, p.log, func(o *client.Options) {
		o.MetricsHandler, o.Interceptors = p.metrics.Temporal(), p.traces.Interceptors()
		more(o)
	})
}

// dial is the one place where anybody connects to Temporal.
func dial(ctx context.Context, t config.Temporal, log *slog.Logger, more func(*client.Options)) (client.Client, error) {
	o, err := temporalOptions(t, log)
	if err != nil {
		return nil, err
	}
	more(&o)
	c, err := client.DialContext(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("no Temporal server answers at %s: set TEMPORAL_ADDRESS, and TEMPORAL_TLS where it wants TLS: %w", t.Address, err)
	}
	return c, nil
}
