package config

import (
	"errors"
	"fmt"
	"net"
)

// Temporal is where the Temporal cluster is, and who this process is to it. The
// variables are those that every Temporal client knows.
type Temporal struct {
	Address   string `help:"Frontend of the Temporal cluster, host:port." default:"127.0.0.1:7233" env:"ADDRESS" json:"address"`
	Namespace string `help:"Temporal namespace." default:"default" env:"NAMESPACE" json:"namespace"`
	// APIKey goes over TLS only.
	APIKey   Secret      `name:"api-key" help:"API key at Temporal Cloud; it goes over TLS." env:"API_KEY" json:"api_key"`
	Secure   bool        `name:"tls" help:"Speak TLS to Temporal; an API key or anything of TEMPORAL_TLS_… says so too." env:"TLS" json:"tls"`
	Identity TemporalTLS `embed:"" prefix:"tls-" envprefix:"TLS_" json:"identity"`
}

// TemporalTLS is how the Temporal cluster is known, and this process to it.
type TemporalTLS struct {
	CA         string `name:"ca-file" help:"PEM file of the authorities that Temporal's certificate is by; the system's if not given." env:"SERVER_CA_CERT_PATH" json:"ca_file"`
	Cert       string `name:"cert-file" help:"PEM file of this process's certificate." env:"CLIENT_CERT_PATH" json:"cert_file"`
	Key        string `name:"key-file" help:"PEM file of that certificate's key." env:"CLIENT_KEY_PATH" json:"key_file"`
	ServerName string `help:"Name that Temporal's certificate must be for; the address's host if not given." env:"SERVER_NAME" json:"server_name"`
}

// TLS tells whether TLS is spoken.
func (t Temporal) TLS() bool {
	return t.Secure || t.APIKey != "" || t.Identity != TemporalTLS{}
}

// Possible tells in one sentence each what of the Temporal cluster cannot be.
func (t Temporal) Possible() error {
	var faults []error
	if !isHostPort(t.Address) {
		faults = append(faults, fmt.Errorf("the address of Temporal %q is not of the form host:port: mend TEMPORAL_ADDRESS", t.Address))
	}
	if t.Namespace == "" {
		faults = append(faults, errors.New("sagas need a namespace of Temporal: set TEMPORAL_NAMESPACE"))
	}
	if (t.Identity.Cert == "") != (t.Identity.Key == "") {
		faults = append(faults, errors.New("a certificate and its key go together: set TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH, or neither"))
	}
	return errors.Join(faults...)
}

// isHostPort reports whether an address is of the form host:port, with both.
func isHostPort(addr string) bool {
	host, port, err := net.SplitHostPort(addr)
	return err == nil && host != "" && port != ""
}
