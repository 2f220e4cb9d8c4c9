package platform

import (
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/config"
)

// identity writes the files of a certificate and of its key.
func identity(t *testing.T) (certFile, keyFile string) {
	t.Helper()
	server := httptest.NewTLSServer(nil) // it brings a certificate
	defer server.Close()
	key, err := x509.MarshalPKCS8PrivateKey(server.TLS.Certificates[0].PrivateKey)
	require.NoError(t, err)
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: server.Certificate().Raw}, keyFile: {Type: "PRIVATE KEY", Bytes: key},
	} {
		require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&block), 0o600))
	}
	return certFile, keyFile
}

// TestTemporalOptions: Temporal is reached as the configuration tells.
func TestTemporalOptions(t *testing.T) {
	t.Parallel()
	near := config.Temporal{Address: "temporal:7233", Namespace: "orders"}
	options, err := temporalOptions(near, slog.Default())
	require.NoError(t, err)
	require.Equal(t, "temporal:7233", options.HostPort)
	require.Equal(t, "orders", options.Namespace)
	require.Nil(t, options.ConnectionOptions.TLS)
	require.Nil(t, options.Credentials)

	cloud := near
	cloud.APIKey = "hidden"
	options, err = temporalOptions(cloud, slog.Default())
	require.NoError(t, err)
	require.NotNil(t, options.ConnectionOptions.TLS, "a key never goes in the clear")
	require.NotNil(t, options.Credentials)

	cert, key := identity(t)
	mutual := near
	mutual.Identity = config.TemporalTLS{CA: cert, Cert: cert, Key: key, ServerName: "frontend"}
	options, err = temporalOptions(mutual, slog.Default())
	require.NoError(t, err)
	secure := options.ConnectionOptions.TLS
	require.Equal(t, "frontend", secure.ServerName)
	require.Len(t, secure.Certificates, 1)
	require.NotNil(t, secure.RootCAs)
	require.False(t, secure.InsecureSkipVerify)
	require.Nil(t, options.Credentials)
}

// TestTemporalFiles: a file that cannot be used is told with its variable, and so
// is what cannot be at all.
func TestTemporalFiles(t *testing.T) {
	t.Parallel()
	cert, key := identity(t)
	for says, files := range map[string]config.TemporalTLS{
		"TEMPORAL_TLS_SERVER_CA_CERT_PATH": {CA: key},
		"TEMPORAL_TLS_CLIENT_CERT_PATH":    {Cert: key, Key: key},
		"TEMPORAL_TLS_CLIENT_KEY_PATH":     {Cert: cert, Key: filepath.Join(t.TempDir(), "none.pem")},
		"go together":                      {Cert: cert},
	} {
		_, err := temporalOptions(config.Temporal{Address: "temporal:7233", Namespace: "orders", Identity: files}, slog.Default())
		require.ErrorContains(t, err, says)
	}
}
