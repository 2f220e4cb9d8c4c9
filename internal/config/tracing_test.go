package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/config"
)

// TestTracing: nothing is traced without a collector, and what cannot be says what to
// do.
func TestTracing(t *testing.T) {
	t.Parallel()
	good := config.Tracing{Endpoint: "http://jaeger:4318", Protocol: config.OTLPHTTP, Sampler: "parentbased_traceidratio", SamplerArg: .1}
	require.NoError(t, good.Possible())
	require.True(t, good.On())
	require.False(t, config.Tracing{}.On())
	require.NoError(t, config.Tracing{Sampler: "none of ours"}.Possible())
	at, err := good.URL()
	require.NoError(t, err)
	require.Equal(t, "http://jaeger:4318/v1/traces", at)
	good.TracesEndpoint = "http://other/here"
	at, err = good.URL()
	require.NoError(t, err)
	require.Equal(t, "http://other/here", at)

	for variable, spoil := range map[string]func(*config.Tracing){
		"OTEL_EXPORTER_OTLP_ENDPOINT": func(c *config.Tracing) { c.Endpoint = "jaeger:4318" },
		"OTEL_EXPORTER_OTLP_PROTOCOL": func(c *config.Tracing) { c.Protocol = "http/json" },
		"OTEL_TRACES_SAMPLER":         func(c *config.Tracing) { c.Sampler = "sometimes" },
		"OTEL_TRACES_SAMPLER_ARG":     func(c *config.Tracing) { c.SamplerArg = 2 },
	} {
		c := good
		spoil(&c)
		require.ErrorContains(t, c.Possible(), variable)
	}
}
