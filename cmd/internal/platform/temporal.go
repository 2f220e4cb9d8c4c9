package platform

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/internal/payload"
	"github.com/skaldhq/skald/internal/seal"
	"github.com/skaldhq/skald/workflows"
)

// Dial connects a process to Temporal that sees no payloads: it has no keys, and
// refuses what is sealed.
func Dial(ctx context.Context, t config.Temporal, log *slog.Logger) (client.Client, error) {
	return dial(ctx, t, log, payload.NewCodec(payload.NewKeys(seal.Ring{}, nil, time.Now), prometheus.NewRegistry()), func(*client.Options) {})
}

// Dial connects the platform to Temporal; more is what else it is told of the
// client.
func (p *Platform) Dial(ctx context.Context, more func(*client.Options)) (client.Client, error) {
	return dial(ctx, p.config.Temporal, p.log, p.codec, func(o *client.Options) {
		o.MetricsHandler, o.Interceptors = p.metrics.Temporal(), p.traces.Interceptors()
		more(o)
	})
}

// dial is the one place where anybody connects to Temporal.
func dial(ctx context.Context, t config.Temporal, log *slog.Logger, codec *payload.Codec, more func(*client.Options)) (client.Client, error) {
	o, err := temporalOptions(t, log)
	if err != nil {
		return nil, err
	}
	more(&o)
	if err := codec.Protect(&o, workflows.AttrUserID.GetName()); err != nil {
		return nil, fmt.Errorf("protect payloads: %w", err)
	}
	c, err := client.DialContext(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("no Temporal server answers at %s: set TEMPORAL_ADDRESS, and TEMPORAL_TLS where it wants TLS: %w", t.Address, err)
	}
	return c, nil
}

// Codec opens and seals payloads for people.
func (p *Platform) Codec() *payload.Codec { return p.codec }

// openCodec makes the codec of the process's keys.
func (p *Platform) openCodec() error {
	ring, err := p.config.Payloads.Ring()
	if err != nil {
		return err
	}
	p.keys = payload.NewKeys(ring, p.all.users, time.Now)
	p.codec = payload.NewCodec(p.keys, p.metrics)
	return nil
}
