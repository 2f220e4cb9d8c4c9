// Package tracing makes the spans of a process into traces that a collector
// gets. Nothing of it is global: a process has a Tracing of its own, and passes
// tracers along. Where no collector is named nothing is recorded, and the parts
// that would add to the work of a request are not put there at all.
package tracing

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/skaldhq/skald/internal/config"
)

// scope is what the spans of the platform's own are named to be of.
const scope = "github.com/skaldhq/skald"

// closeTimeout bounds what a collector that does not answer can hold up at the end.
const closeTimeout = 5 * time.Second

// Tracing is that of one process.
type Tracing struct {
	trace.TracerProvider

	on    bool
	close func(context.Context) error
}

// New returns the tracing of a process. Its name is told to the collector, unless
// the configuration has another. That a collector does not answer is for the log:
// spans are lost then, and nothing waits.
func New(ctx context.Context, c config.Tracing, name string, log *slog.Logger) (*Tracing, error) {
	if !c.On() {
		return &Tracing{TracerProvider: noop.NewTracerProvider(), close: func(context.Context) error { return nil }}, nil
	}
	if err := c.Possible(); err != nil {
		return nil, err
	}
	exporter, err := export(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("export traces: %w", err)
	}
	process, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithFromEnv(),
		resource.WithAttributes(attribute.String("service.name", cmp.Or(c.ServiceName, name))))
	if err != nil {
		return nil, fmt.Errorf("name the process of traces: %w", err)
	}
	return newTracing(c, sdktrace.WithBatcher(wordless{exporter, log}), sdktrace.WithResource(process)), nil
}

func newTracing(c config.Tracing, options ...sdktrace.TracerProviderOption) *Tracing {
	p := sdktrace.NewTracerProvider(append(options, sdktrace.WithSampler(sampler(c)), sdktrace.WithIDGenerator(ids{}))...)
	return &Tracing{TracerProvider: p, on: true, close: p.Shutdown}
}

// Of is the tracer of the platform's own spans.
func (t *Tracing) Of() trace.Tracer { return t.Tracer(scope) }

// Close sends what was not sent yet.
func (t *Tracing) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	return t.close(ctx)
}

// export is the way to the collector. What is not in the configuration (headers,
// certificates, timeouts) the exporter has from OpenTelemetry's other variables.
func export(ctx context.Context, c config.Tracing) (*otlptrace.Exporter, error) {
	at, err := c.URL()
	if err != nil {
		return nil, err
	}
	if c.Protocol == config.OTLPGRPC {
		return otlptracegrpc.New(ctx, otlptracegrpc.WithEndpointURL(at))
	}
	return otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(at))
}

// sampler is what the configuration names.
func sampler(c config.Tracing) sdktrace.Sampler {
	name, parentBased := strings.CutPrefix(c.Sampler, config.ParentBased)
	chosen := sdktrace.AlwaysSample()
	switch name {
	case config.AlwaysOff:
		chosen = sdktrace.NeverSample()
	case config.TraceIDRatio:
		chosen = sdktrace.TraceIDRatioBased(c.SamplerArg)
	}
	if parentBased {
		return sdktrace.ParentBased(chosen)
	}
	return chosen
}
