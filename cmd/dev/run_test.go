package main

import (
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/config"
)

func env(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func TestFlags(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o, err := parse([]string{
		"--addr", "127.0.0.1:1", "--temporal-addr", "127.0.0.1:2", "--ui-addr", "localhost:3", "--psp-addr", "[::1]:4",
		"--kafka-addr", "127.0.0.1:5", "--data", dir, "--psp-url", "http://psp.test", "--postgres-url", "postgres://db.test",
		"--action-timeout", "5m", "--reconcile-interval", "2s", "--reconcile-grace", "3s", "--infra-only", "--temporal-faults", "0.1",
	}, env(map[string]string{"STRIPE_API_KEY": "sk", "STRIPE_WEBHOOK_SECRET": "whsec"}), io.Discard)
	require.NoError(t, err)
	require.Equal(t, options{
		Addr: "127.0.0.1:1", TemporalAddr: "127.0.0.1:2", UIAddr: "localhost:3", PSPAddr: "[::1]:4", KafkaAddr: "127.0.0.1:5",
		Data: dir, PSPURL: "http://psp.test", PostgresURL: "postgres://db.test", ActionTimeout: 5 * time.Minute,
		ReconcileInterval: 2 * time.Second, ReconcileGrace: 3 * time.Second,
		Limits:         config.Limits{PerSecond: 2000, Burst: 4000, UnknownPerSecond: 100, UnknownBurst: 2000},
		Server:         config.Server{MaxConnections: 10_000},
		Tracing:        tracing(),
		WebhookRetries: webhookRetries(),
		InfraOnly:      true, TemporalFaults: 0.1, StripeKey: "sk", StripeWebhookSecret: "whsec",
	}, o)

	o, err = parse(nil, env(nil), io.Discard)
	require.NoError(t, err)
	data, err := filepath.Abs(".skald")
	require.NoError(t, err)
	require.Equal(t, options{
		Addr: "127.0.0.1:8080", TemporalAddr: "127.0.0.1:7233", UIAddr: "127.0.0.1:8233", PSPAddr: "127.0.0.1:12111",
		Data: data, ActionTimeout: time.Minute, ReconcileInterval: time.Minute, ReconcileGrace: 30 * time.Second,
		Limits: config.Limits{PerSecond: 2000, Burst: 4000, UnknownPerSecond: 100, UnknownBurst: 2000}, Server: config.Server{MaxConnections: 10_000},
		Tracing: tracing(), WebhookRetries: webhookRetries(),
	}, o)

	for flag, says := range map[string]string{
		"--addr=0.0.0.0:8080":       "not on loopback",
		"--replicas=inventory=2":    "--split",
		"--ui-addr=8233":            "host:port",
		"--psp-url=http://psp.test": "STRIPE_API_KEY",
		"--temporal-faults=0.5":     "between 0 and 0.3",
		"--infra-only":              "--addr",
		"--nonsense":                "unknown flag",
	} {
		_, err := parse([]string{"--addr=127.0.0.1:0", flag}, env(nil), io.Discard)
		require.ErrorContains(t, err, says, flag)
	}
}

// tracing is that of OpenTelemetry, to nowhere.
func tracing() config.Tracing {
	return config.Tracing{Protocol: "http/protobuf", Sampler: "parentbased_always_on", SamplerArg: 1}
}

// webhookRetries are those of the Standard Webhooks specification.
func webhookRetries() []time.Duration {
	return []time.Duration{
		5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
	}
}

func TestLock(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "lock")
	unlock, err := lock(file)
	require.NoError(t, err)
	_, err = lock(file)
	require.ErrorIs(t, err, errLocked)
	unlock()
	unlock, err = lock(file)
	require.NoError(t, err)
	unlock()
	_, err = lock(filepath.Join(file, "below"))
	require.Error(t, err)
	require.NotErrorIs(t, err, errLocked)
}
