package config_test

import (
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/config"
)

// TestTemporal: each thing that cannot be is told in a sentence that names the
// variable.
func TestTemporal(t *testing.T) {
	t.Parallel()
	full := config.Temporal{
		Address: "temporal:7233", Namespace: "orders", APIKey: "hidden",
		Identity: config.TemporalTLS{CA: "ca.pem", Cert: "cert.pem", Key: "key.pem", ServerName: "temporal"},
	}
	require.NoError(t, full.Possible())
	for says, spoil := range map[string]func(*config.Temporal){
		"TEMPORAL_ADDRESS":              func(c *config.Temporal) { c.Address = "temporal" },
		"TEMPORAL_NAMESPACE":            func(c *config.Temporal) { c.Namespace = "" },
		"TEMPORAL_TLS_CLIENT_KEY_PATH":  func(c *config.Temporal) { c.Identity.Key = "" },
		"TEMPORAL_TLS_CLIENT_CERT_PATH": func(c *config.Temporal) { c.Identity.Cert = "" },
	} {
		c := full
		spoil(&c)
		require.ErrorContains(t, c.Possible(), says)
	}
}

// TestTemporalTLS: TLS is spoken where anything says so, and never without need.
func TestTemporalTLS(t *testing.T) {
	t.Parallel()
	require.False(t, config.Temporal{Address: "temporal:7233", Namespace: "orders"}.TLS())
	for _, c := range []config.Temporal{
		{Secure: true},
		{APIKey: "hidden"},
		{Identity: config.TemporalTLS{ServerName: "temporal"}},
		{Identity: config.TemporalTLS{CA: "ca.pem"}},
	} {
		require.True(t, c.TLS(), "%+v", c)
	}
}

// TestTemporalVariables: the variables are those of every Temporal client.
func TestTemporalVariables(t *testing.T) {
	for name, value := range map[string]string{
		"ADDRESS": "temporal:7233", "NAMESPACE": "orders", "API_KEY": "hidden", "TLS": "true", "TLS_SERVER_CA_CERT_PATH": "ca.pem",
		"TLS_CLIENT_CERT_PATH": "cert.pem", "TLS_CLIENT_KEY_PATH": "key.pem", "TLS_SERVER_NAME": "frontend",
	} {
		t.Setenv("TEMPORAL_"+name, value)
	}
	var c struct{ config.Config }
	parser, err := kong.New(&c)
	require.NoError(t, err)
	_, err = parser.Parse(nil)
	require.NoError(t, err)
	require.Equal(t, config.Temporal{
		Address: "temporal:7233", Namespace: "orders", APIKey: "hidden", Secure: true,
		Identity: config.TemporalTLS{CA: "ca.pem", Cert: "cert.pem", Key: "key.pem", ServerName: "frontend"},
	}, c.Temporal)
}
