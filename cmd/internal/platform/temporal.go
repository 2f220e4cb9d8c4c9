package platform

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/internal/payload"
	"github.com/skaldhq/skald/internal/seal"
	"github.com/skaldhq/skald/workflows"
)

// Dial connects a process to Temporal that sees no payloads: it has no keys, and
// refuses what is sealed.
func Dial(ctx context.Context, t config.Temporal, log *slog.Logger) (client.Client, error) {
	codec := payload.NewCodec(payload.NewKeys(seal.Ring{}, nil, time.Now), prometheus.NewRegistry())
	o, err := clientOptions(t, log, codec, func(*client.Options) {})
	if err != nil {
		return nil, err
	}
	c, err := client.DialContext(ctx, o)
	if err != nil {
		return nil, away(t, err)
	}
	return c, nil
}

// Dial gives the platform's client of Temporal, which connects once it is used: what
// needs no Temporal is served without. more is what else it is told of the client.
func (p *Platform) Dial(more func(*client.Options)) (client.Client, error) {
	o, err := clientOptions(p.config.Temporal, p.log, p.codec, func(o *client.Options) {
		o.MetricsHandler, o.Interceptors = p.metrics.Temporal(), p.traces.Interceptors()
		more(o)
	})
	if err != nil {
		return nil, err
	}
	c, err := client.NewLazyClient(o)
	if err != nil {
		return nil, fmt.Errorf("make a client of Temporal: %w", err)
	}
	return c, nil
}

const (
	awaitTimeout = 5 * time.Second // of one look
	awaitPause   = 2 * time.Second // between two
)

// await waits until Temporal answers, and tells the log while it does not. Not ok:
// the context ended before.
func (p *Platform) await(ctx context.Context, c client.Client) (ok bool) {
	for {
		err := answers(ctx, c)
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		p.log.WarnContext(ctx, "what needs Temporal waits for it", "error", away(p.config.Temporal, err), "again_in", awaitPause.String())
		select {
		case <-ctx.Done():
			return false
		case <-time.After(awaitPause):
		}
	}
}

func answers(ctx context.Context, c client.Client) error {
	ctx, cancel := context.WithTimeout(ctx, awaitTimeout)
	defer cancel()
	_, err := c.WorkflowService().GetSystemInfo(ctx, &workflowservice.GetSystemInfoRequest{})
	return err
}

func away(t config.Temporal, err error) error {
	return fmt.Errorf("no Temporal server answers at %s: set TEMPORAL_ADDRESS, and TEMPORAL_TLS where it wants TLS: %w", t.Address, err)
}

// clientOptions are those of every client of Temporal that we make.
func clientOptions(t config.Temporal, log *slog.Logger, codec *payload.Codec, more func(*client.Options)) (client.Options, error) {
	o, err := temporalOptions(t, log)
	if err != nil {
		return o, err
	}
	more(&o)
	if err := codec.Protect(&o, workflows.AttrUserID.GetName()); err != nil {
		return o, fmt.Errorf("protect payloads: %w", err)
	}
	return o, nil
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
