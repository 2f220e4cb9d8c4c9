package config

import (
	"errors"
	"net/url"
	"slices"
	"strings"
)

// Tracing is where traces go, by the variables that OpenTelemetry has for every
// program. Without an endpoint they go nowhere, and nothing is recorded.
type Tracing struct {
	Disabled bool   `name:"sdk-disabled" help:"Trace nothing, wherever traces would go." env:"SDK_DISABLED" json:"disabled"`
	Endpoint string `help:"Base URL of a collector that takes OTLP; none: nothing is traced." env:"EXPORTER_OTLP_ENDPOINT" json:"endpoint"`
	// TracesEndpoint is taken as it is, Endpoint as the base of the path that OTLP has for
	// traces.
	TracesEndpoint string `help:"URL that takes traces, where it is not below that base." env:"EXPORTER_OTLP_TRACES_ENDPOINT" json:"traces_endpoint"`
	Protocol       string `help:"http/protobuf or grpc." default:"http/protobuf" env:"EXPORTER_OTLP_PROTOCOL" json:"protocol"`
	Sampler        string `help:"Which traces are recorded: always_on, always_off, traceidratio, or parentbased_ before one of these, which leaves the choice to the caller where there is one." default:"parentbased_always_on" env:"TRACES_SAMPLER" json:"sampler"`
	// SamplerArg is the share of a ratio.
	SamplerArg  float64 `help:"Share of the traces that traceidratio records, from 0 to 1." default:"1" env:"TRACES_SAMPLER_ARG" json:"sampler_arg"`
	ServiceName string  `help:"Name of the process in its traces; skald-gateway or skald-order, after its role, if not given." env:"SERVICE_NAME" json:"service_name"`
}

// The protocols of OTLP.
const (
	OTLPHTTP = "http/protobuf"
	OTLPGRPC = "grpc"
)

// The samplers. ParentBased before one of them lets the caller choose.
const (
	ParentBased  = "parentbased_"
	AlwaysOn     = "always_on"
	AlwaysOff    = "always_off"
	TraceIDRatio = "traceidratio"
)

// On tells whether anything is traced.
func (t Tracing) On() bool { return !t.Disabled && (t.Endpoint != "" || t.TracesEndpoint != "") }

// URL is what traces are sent to.
func (t Tracing) URL() (string, error) {
	if t.TracesEndpoint != "" {
		return t.TracesEndpoint, nil
	}
	if t.Protocol == OTLPGRPC {
		return t.Endpoint, nil
	}
	return url.JoinPath(t.Endpoint, "v1/traces")
}

// Possible tells in one sentence each what of the tracing cannot be.
func (t Tracing) Possible() error {
	if !t.On() {
		return nil
	}
	var faults []error
	for _, one := range []string{t.Endpoint, t.TracesEndpoint} {
		if u, err := url.Parse(one); one != "" && (err != nil || u.Host == "" || !strings.HasPrefix(u.Scheme, "http")) {
			faults = append(faults, errors.New("the collector of traces is not an http:// or https:// URL: mend OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"))
		}
	}
	if t.Protocol != OTLPHTTP && t.Protocol != OTLPGRPC {
		faults = append(faults, errors.New("there is no such way to a collector: set OTEL_EXPORTER_OTLP_PROTOCOL to http/protobuf or grpc"))
	}
	if !slices.Contains([]string{AlwaysOn, AlwaysOff, TraceIDRatio}, strings.TrimPrefix(t.Sampler, ParentBased)) {
		faults = append(faults, errors.New("there is no such sampler: set OTEL_TRACES_SAMPLER to always_on, always_off or traceidratio, or to parentbased_ and one of these"))
	}
	if t.SamplerArg < 0 || t.SamplerArg > 1 {
		faults = append(faults, errors.New("a share of the traces is from 0 to 1: mend OTEL_TRACES_SAMPLER_ARG"))
	}
	return errors.Join(faults...)
}
