package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/skaldhq/skald/cmd/internal/platform"
	"github.com/skaldhq/skald/db"
	"github.com/skaldhq/skald/internal/config"
)

// validateInfra checks the flags of tests that run the services themselves.
func (o options) validateInfra() error {
	if o.InfraOnly && strings.HasSuffix(o.Addr, ":0") {
		return errors.New("with --infra-only, set --addr to where the front door will be: webhooks go there")
	}
	if o.TemporalFaults < 0 || o.TemporalFaults > 0.3 {
		return errors.New("--temporal-faults is a share between 0 and 0.3")
	}
	return nil
}

// prepareOnly fills the services, and tells how processes beside this one reach
// everything.
func (s *devStack) prepareOnly(ctx context.Context, c config.Config) error {
	p, err := platform.Open(ctx, c, s.log, db.Services()...)
	if err != nil {
		return err
	}
	defer p.Close()
	s.info.Environment = s.environment(c)
	return s.demo.seed(ctx, s.options.Data, p)
}

// environment is the configuration of a skald process.
func (s *devStack) environment(c config.Config) map[string]string {
	var databases []string
	for service, url := range s.info.Databases {
		databases = append(databases, fmt.Sprintf("%s=%s", service, url))
	}
	slices.Sort(databases)
	env := map[string]string{
		"TEMPORAL_ADDRESS": s.info.Temporal, "TEMPORAL_NAMESPACE": namespace,
		"SKALD_SERVICE_TOKENS": s.demo.Token, "SKALD_API_KEY_SECRET": s.demo.KeySecret,
		"SKALD_DATABASES": strings.Join(databases, ";"), "SKALD_ACTION_TIMEOUT": c.ActionTimeout.String(),
		"SKALD_RECONCILE_INTERVAL": c.Reconcile.Interval.String(), "SKALD_RECONCILE_GRACE": c.Reconcile.Grace.String(),
		"SKALD_KAFKA_BROKERS": s.info.Kafka, "SKALD_KAFKA_TOPICS_CREATE": "true", "SKALD_KAFKA_TOPICS_REPLICATION": "1",
		"SKALD_SMTP_ADDR": c.SMTP.Addr, "SKALD_SMTP_FROM": c.SMTP.From, "SKALD_SMTP_SECURITY": c.SMTP.Security,
		"STRIPE_API_KEY": string(c.Stripe.Key), "STRIPE_API_URL": c.Stripe.URL,
		"STRIPE_WEBHOOK_SECRET": string(c.Stripe.WebhookSecret), "STRIPE_RETURN_URL": c.Stripe.ReturnURL,
	}
	maps.Copy(env, webhookEnvironment(c.Webhooks))
	if t := c.Tracing; t.On() {
		maps.Copy(env, map[string]string{
			"OTEL_EXPORTER_OTLP_ENDPOINT": t.Endpoint, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": t.TracesEndpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": t.Protocol,
			"OTEL_TRACES_SAMPLER": t.Sampler, "OTEL_TRACES_SAMPLER_ARG": strconv.FormatFloat(t.SamplerArg, 'g', -1, 64),
		})
	}
	if keys := s.demo.PayloadKeys; len(keys) > 0 {
		env["SKALD_PAYLOAD_KEYS"], env["SKALD_PAYLOAD_ERASE_AFTER"] = strings.Join(keys, ","), eraseAfter.String()
	}
	return env
}
