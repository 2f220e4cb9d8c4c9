package platform

import (
	"context"
	"fmt"
	"log/slog"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"

	"github.com/skaldhq/skald/internal/config"
)

// TemporalOptions is how the Temporal cluster is reached. They fail where a file
// of TLS cannot be used.
func TemporalOptions(t config.Temporal, log *slog.Logger) (client.Options, error) {
	if err := t.Possible(); err != nil {
		return client.Options{}, err
	}
	profile := envconfig.ClientConfigProfile{Address: t.Address, Namespace: t.Namespace, APIKey: string(t.APIKey)}
	if id := t.Identity; t.TLS() {
		profile.TLS = &envconfig.ClientConfigTLS{
			ServerCACertPath: id.CA, ClientCertPath: id.Cert, ClientKeyPath: id.Key, ServerName: id.ServerName,
		}
	}
	options, err := profile.ToClientOptions(envconfig.ToClientOptionsRequest{})
	if err != nil {
		return client.Options{}, fmt.Errorf("a file of Temporal's TLS is of no use: mend TEMPORAL_TLS_SERVER_CA_CERT_PATH, TEMPORAL_TLS_CLIENT_CERT_PATH or TEMPORAL_TLS_CLIENT_KEY_PATH: %w", err)
	}
	options.Logger = sdklog.NewStructuredLogger(log)
	return options, nil
}

// DialTemporal connects to the Temporal cluster, for commands that ask it only.
func DialTemporal(ctx context.Context, t config.Temporal, log *slog.Logger) (client.Client, error) {
	options, err := TemporalOptions(t, log)
	if err != nil {
		return nil, err
	}
	return dial(ctx, options)
}

// dial connects, or says that no Temporal server answers, and what to do.
func dial(ctx context.Context, options client.Options) (client.Client, error) {
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("no Temporal server answers at %s: set TEMPORAL_ADDRESS, and TEMPORAL_TLS where it wants TLS: %w", options.HostPort, err)
	}
	return c, nil
}
