package platform

import (
	"fmt"
	"log/slog"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"

	"github.com/skaldhq/skald/internal/config"
)

// temporalOptions is how the Temporal cluster is reached. They fail where a file
// of TLS cannot be used.
func temporalOptions(t config.Temporal, log *slog.Logger) (client.Options, error) {
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
